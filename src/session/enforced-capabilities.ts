/**
 * What commands may use, where a script can take capabilities away (P9). What always holds: which ones are hidden is
 * known before anything goes up of a command that could use one, now or in a part that is still to come.
 */
import { type CommandHead, concat, fromLatin1, type LineSegment } from '../imap-parser-lite/index.ts';
import {
  dependsOnCapability,
  enableWithout,
  hasForms,
  hasHiddenForm,
  hiddenCapabilities,
  refusedWithout,
} from '../rewrite/hidden-capability.ts';
import type { Judgement } from './judgement.ts';

export class EnforcedCapabilities {
  /** Upper case; undefined until the script has seen a list. */
  #hidden: ReadonlySet<string> | undefined;

  /** What was said before does not count any longer. */
  forget(): void {
    this.#hidden = undefined;
  }

  /** A list as the script has seen it, and what it made of it. */
  answered(asked: readonly string[], returned: readonly string[]): void {
    this.#hidden = hiddenCapabilities(asked, returned);
  }

  /** The server was asked for its list. One that tells none has none to hide. */
  finished(): void {
    this.#hidden ??= new Set();
  }

  /** `verb` is that behind UID, `text` the arguments (latin1) in the first line; undefined: nothing is said against it. */
  judge(head: CommandHead, line: LineSegment, verb: string, text: string): Judgement | undefined {
    const goesOn = line.literal !== undefined || !line.complete;
    if (!dependsOnCapability(verb, text) && !(goesOn && hasForms(verb))) return undefined;
    const hidden = this.#hidden;
    if (hidden === undefined) return { kind: 'unknown' };
    const reply = refusedWithout(hidden, verb, text);
    if (reply !== undefined) return { kind: 'refuse', reply };
    if (verb !== 'ENABLE' || head.arguments === undefined) return undefined;
    const others = enableWithout(hidden, text);
    if (others === undefined) return undefined;
    if (line.literal !== undefined) return { kind: 'refuse', reply: 'BAD Unexpected arguments' };
    return {
      kind: 'replace',
      line: concat([line.bytes.subarray(0, head.arguments), fromLatin1(`${others}\r\n`)]),
      veil: undefined,
    };
  }

  /** Whether `text` of a later line is in a form that would have been refused in the first one. */
  forbidsRest(verb: string, text: string): boolean {
    const hidden = this.#hidden;
    return hidden !== undefined && hasHiddenForm(hidden, verb, text);
  }
}
