/** What `hooks.enforce` says of a command: a closed list, made by the enforcement and turned into a decision by the gate. */
export type Judgement =
  | { readonly kind: 'pass' }
  /** `line` goes up in place of the client's; `veil` is to be taken out of the answer. */
  | { readonly kind: 'replace'; readonly line: Uint8Array; readonly veil: Uint8Array | undefined }
  /** The answer to the command, without its tag. */
  | { readonly kind: 'refuse'; readonly reply: string }
  /** Not known yet: to be learnt first, then asked again. */
  | { readonly kind: 'unknown' }
  /** The name of a mailbox comes as a literal: it is needed first. */
  | { readonly kind: 'name-follows' };
