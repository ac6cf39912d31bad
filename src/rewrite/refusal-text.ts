/**
 * What a script says to a client that it refuses something, as it may stand behind NO. What always holds: it is one
 * line, whoever wrote it, or what follows would be a response of its own.
 */

/** `message` (latin1), or `standard` where there is none; what cannot stand in a line becomes a space. */
export function refusalText(message: string | undefined, standard: string): string {
  const line = oneLine(message ?? '');
  return line.trim() === '' ? standard : line;
}

/** Latin1 text with a space for each control character, and `?` for what is not latin1. */
export function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, ' ').replace(/[^\x00-\xff]/g, '?');
}
