/**
 * What a script that loads does not do, although its author or its configuration may think so. Each would be noticed
 * by nothing but what is not hidden or not refused.
 */
import type { DefinedHooks } from '../rewrite/question.ts';

/** Sentences for the place where the script is named; `commands` is `hooks.commands`. */
export function scriptWarnings(defines: DefinedHooks, commands: readonly string[]): string[] {
  if (!Object.values(defines).includes(true)) {
    return [
      'defines none of the functions, so it changes nothing; in their names upper and lower case count, as in DoListResult',
    ];
  }
  if (defines.command && commands.length === 0) {
    return ['its DoCommand is asked about no command; list those that it decides about in hooks.commands'];
  }
  if (!defines.command && commands.length > 0) {
    return ['defines no DoCommand, so every command in hooks.commands passes'];
  }
  return [];
}
