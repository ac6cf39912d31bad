/**
 * What becomes of the mailbox names in the command that is judged (P29): each is asked about until it is known what the
 * script says of it. What always holds: only a name that the server lists, and that the script shows as it was listed,
 * opens anything. Servers open names that they do not list: Cyrus `\Junk` and `user.joe.Work`, Zimbra `/Work`.
 */
import { concat, fromLatin1, quoted } from '../imap-parser-lite/index.ts';
import { Family, hidesAll, isGhost } from '../rewrite/children.ts';
import { decodeName, nameKey, readFolder } from '../rewrite/list.ts';
import type { NameEncoding } from '../rewrite/question.ts';
import { type OwnQuestion, spellingsOf } from './own-question.ts';
import { namesMany } from './ways-around.ts';

type Asked<About extends OwnQuestion['about']> = Extract<OwnQuestion, { about: About }>;

/** What is known of a mailbox. */
type Verdict =
  | Visible
  | { readonly kind: 'hidden' }
  /** The server lists it under no spelling. */
  | { readonly kind: 'missing' };

interface Visible {
  readonly kind: 'visible';
  /** The key of the name under which it is listed. */
  readonly listed: string;
  readonly isGhost: boolean;
  /** The pattern that asks for what is below it, and then what is. */
  readonly below: Uint8Array | Family;
}

/** What becomes of a name. */
export type Fate =
  | { readonly kind: 'passes' }
  /** It goes up as a name that does not exist. */
  | { readonly kind: 'veiled' }
  /** The answer to the command, without its tag. */
  | { readonly kind: 'refused'; readonly reply: string }
  /** To be asked first. */
  | { readonly kind: 'asks'; readonly question: OwnQuestion };

const passes: Fate = { kind: 'passes' };
const veiled: Fate = { kind: 'veiled' };

/** The reply where no name can be read, or none can be written. */
export const unreadableName = 'BAD The name of the mailbox cannot be read';

export class NamedMailboxes {
  /** By the key of the name as the client wrote it. */
  readonly #verdicts: Map<string, Verdict> = new Map();
  /** What is below the folder that is asked about. */
  #below: Family = new Family();

  /** Another command is judged. */
  clear(): void {
    this.#verdicts.clear();
  }

  /** `value` is the name in this place (0 or 1) of a command, not decoded; `verb` is upper case, not that behind UID. */
  judge(verb: string, place: number, value: Uint8Array, names: NameEncoding): Fate {
    // No folder, but the server itself (GETMETADATA), its only quota root, or nothing.
    if (value.length === 0) return passes;
    if (namesMany(verb, value))
      return { kind: 'refused', reply: 'BAD Unexpected wildcard in the name of the mailbox' };
    const key = nameKey(decodeName(value, names));
    const verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      const spellings = spellingsOf(value);
      if (spellings === undefined) return { kind: 'refused', reply: unreadableName };
      return { kind: 'asks', question: { about: 'mailbox', key, spellings } };
    }
    if (verdict.kind === 'visible') return this.#judgeVisible(verdict, key, verb, place);
    if (verdict.kind === 'missing') return mayBeMissing(verb, place) ? passes : veiled;
    // What is there cannot be made to look as if it could be made.
    return makes(verb, place)
      ? { kind: 'refused', reply: 'NO [CANNOT] This mailbox name cannot be used' }
      : veiled;
  }

  #judgeVisible({ isGhost, listed, below }: Visible, key: string, verb: string, place: number): Fate {
    const renames = verb === 'RENAME' && place === 0;
    if (!renames && !isGhost) return passes;
    if (!(below instanceof Family))
      return { kind: 'asks', question: { about: 'below', key, pattern: below } };
    const children = below.below(listed);
    // Listed for what is below it, of which the client sees nothing.
    if (isGhost && hidesAll(children)) return mayBeMissing(verb, place) ? passes : veiled;
    // What is hidden below would get another name with it, by which the script may not know it.
    return renames && children.hidden
      ? { kind: 'refused', reply: 'NO [CANNOT] This mailbox cannot be renamed' }
      : passes;
  }

  /** A folder that the server listed in answer to `asked`, and whether the script hides it. */
  listed(
    asked: Asked<'mailbox'> | Asked<'below'>,
    response: Uint8Array,
    names: NameEncoding,
    hidden: boolean,
  ): void {
    if (asked.about === 'below') {
      this.#below.add(response, names, hidden);
      return;
    }
    const folder = readFolder(response, names);
    const [spelling] = asked.spellings;
    if (folder === undefined || spelling === undefined) return;
    // With a wildcard in its name, others match as well; without one, whatever the server lists is what it would open.
    const key = nameKey(decodeName(spelling, names));
    const listed = nameKey(folder.name);
    if (/[*%]/.test(key) && listed !== key) return;
    const { delimiter, name } = folder.parts;
    const pattern = delimiter.length === 0 ? undefined : quoted(concat([name, delimiter, fromLatin1('*')]));
    this.#verdicts.set(
      asked.key,
      hidden
        ? { kind: 'hidden' }
        : { kind: 'visible', listed, isGhost: isGhost(folder), below: pattern ?? new Family() },
    );
  }

  /** The server has answered `asked` with `word`; gives what is to be asked then. */
  finished(asked: Asked<'mailbox'> | Asked<'below'>, word: string): OwnQuestion | undefined {
    const verdict = this.#verdicts.get(asked.key);
    if (asked.about === 'below') {
      if (verdict?.kind === 'visible') this.#verdicts.set(asked.key, { ...verdict, below: this.#below });
      this.#below = new Family();
      return undefined;
    }
    if (verdict !== undefined) return undefined;
    const [, ...others] = asked.spellings;
    if (word === 'OK' && others.length > 0) return { ...asked, spellings: others };
    // What is not even listable is not to be had either.
    this.#verdicts.set(asked.key, { kind: word === 'OK' ? 'missing' : 'hidden' });
    return undefined;
  }
}

/** Whether a command makes a mailbox of the name in this place. */
function makes(verb: string, place: number): boolean {
  return verb === 'CREATE' || place === 1;
}

/**
 * Whether a name that is not listed may go up as it is: one that is to be made, one to which somebody is subscribed
 * still, and Dovecot's quota roots, such as `User quota`, which are no folders.
 */
function mayBeMissing(verb: string, place: number): boolean {
  return makes(verb, place) || /^(SUBSCRIBE|UNSUBSCRIBE|GETQUOTA|SETQUOTA)$/.test(verb);
}
