/** stub, being written */

/** The words that remain of a capability list (latin1, space separated) where its script failed and `onError` is `hide`: those without which nobody could log in. */
export function essentialCapabilities(_capabilities: string): string {
  throw new Error('stub');
}
