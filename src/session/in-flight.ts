/**
 * Which commands the server has not answered. Their tags tell whose answer a tagged response is, and their verbs
 * what an untagged one belongs to. A tag is never in flight twice: the client side waits.
 */

export interface CommandInFlight {
  readonly tag: string;
  /** Upper case. */
  readonly verb: string;
  /** LIST, LSUB or XLIST with an empty pattern, which asks for the delimiter and names no folder (P23). */
  readonly asksDelimiter: boolean;
  /** The mailbox that STATUS, MYRIGHTS or GETMETADATA names, as a key; undefined where it is not known. */
  readonly mailbox: string | undefined;
  /** What was put into the name of a hidden mailbox, and has to be taken out of the answer. */
  readonly veil: Uint8Array | undefined;
  /** What the client gets in place of the server's answer, without its tag; left out: the server's. */
  readonly replacement?: string;
}

/** The command whose own answer an untagged response of this word is. */
const explicitVerbs: ReadonlyMap<string, string> = new Map([
  ['STATUS', 'STATUS'],
  ['MYRIGHTS', 'MYRIGHTS'],
  ['METADATA', 'GETMETADATA'],
]);

const listVerbs: ReadonlySet<string> = new Set(['LIST', 'LSUB', 'XLIST']);

/** Whether a response of this word may come with a folder of a LIST answer (RFC 5819, RFC 8440, RFC 9590). */
export function mayBelongToFolder(word: string): boolean {
  return explicitVerbs.has(word);
}

/** What every session at rest has in flight: one array for all of them, to which nothing is added. */
const none: CommandInFlight[] = [];

export class InFlight {
  /**
   * Oldest first, at most `limits.commandsInFlight`. No Map: one that becomes empty makes itself a new table, which each
   * session at rest would hold (decision 9).
   */
  #commands: CommandInFlight[] = none;

  get size(): number {
    return this.#commands.length;
  }

  has(tag: string): boolean {
    return this.#at(tag) !== -1;
  }

  add(command: CommandInFlight): void {
    // Most clients wait for each answer, and `push` would make room for seventeen.
    if (this.#commands.length === 0) this.#commands = [command];
    else this.#commands.push(command);
  }

  /** Takes the command out; undefined where no such tag is in flight. */
  take(tag: string): CommandInFlight | undefined {
    const at = this.#at(tag);
    if (at === -1) return undefined;
    const command = this.#commands[at];
    if (this.#commands.length > 1) this.#commands.splice(at, 1);
    else this.#commands = none;
    return command;
  }

  /** The server's answer to this command will be replaced by `replacement`. */
  replaceAnswer(tag: string, replacement: string): void {
    const at = this.#at(tag);
    const command = this.#commands[at];
    if (command !== undefined) this.#commands[at] = { ...command, replacement };
  }

  /** The oldest LIST, LSUB or XLIST: the one whose answer is coming. */
  oldestList(): CommandInFlight | undefined {
    for (const command of this.#commands) if (listVerbs.has(command.verb)) return command;
    return undefined;
  }

  /** How many LIST, LSUB and XLIST there are. */
  get lists(): number {
    let lists = 0;
    for (const { verb } of this.#commands) if (listVerbs.has(verb)) lists++;
    return lists;
  }

  /** The veil of a command about a hidden mailbox; all have the same one. */
  get veil(): Uint8Array | undefined {
    for (const { veil } of this.#commands) if (veil !== undefined) return veil;
    return undefined;
  }

  /** LOGIN or AUTHENTICATE is under way: what the server says of its capabilities is about the time after it. */
  get hasLogin(): boolean {
    for (const { verb } of this.#commands) if (verb === 'LOGIN' || verb === 'AUTHENTICATE') return true;
    return false;
  }

  /** Whether the client itself asked for this response about this mailbox; then it is no folder's companion. */
  isAskedFor(word: string, mailbox: string): boolean {
    const verb = explicitVerbs.get(word);
    for (const command of this.#commands) {
      if (command.verb === verb && command.mailbox === mailbox) return true;
    }
    return false;
  }

  /**
   * Whether nobody could tell the answers of `command` from those of one in flight: a LIST brings answers about
   * mailboxes along (P24), and so does a STATUS whose mailbox is not known, for its name comes as a literal.
   */
  wouldMix(command: CommandInFlight): boolean {
    if (listVerbs.has(command.verb)) {
      for (const other of this.#commands) if (isAboutUnknown(other)) return true;
      return false;
    }
    return isAboutUnknown(command) && this.oldestList() !== undefined;
  }

  #at(tag: string): number {
    return this.#commands.findIndex((command) => command.tag === tag);
  }
}

function isAboutUnknown({ verb, mailbox }: CommandInFlight): boolean {
  return mailbox === undefined && [...explicitVerbs.values()].includes(verb);
}
