/**
 * What the demo mailbox holds: folders and messages in memory, gone when the server stops. All connections of
 * one server share it, and every change is told to those who watch the folder.
 */

export interface Message {
  readonly uid: number;
  readonly received: Date;
  readonly bytes: Uint8Array;
  /** Replaced as a whole, never changed in place, so that a new array means new flags. */
  flags: readonly string[];
}

const systemFlags = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'];

export class Folder {
  /** UTF-8 as a JavaScript string; `/` separates levels. */
  readonly name: string;
  /** The SPECIAL-USE attribute (RFC 6154), if it has one. */
  readonly use: string | undefined;
  readonly subscribed: boolean;
  /** UIDs start anew with every server, so this is the time it started, in seconds. */
  readonly uidValidity: number = Math.floor(Date.now() / 1000);

  #messages: readonly Message[] = [];
  #nextUid = 1;
  readonly #watchers = new Set<() => void>();

  constructor(name: string, use: string | undefined, subscribing: 'subscribed' | 'unsubscribed') {
    this.name = name;
    this.use = use;
    this.subscribed = subscribing === 'subscribed';
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  get nextUid(): number {
    return this.#nextUid;
  }

  /** Adds a message at the end and returns it. */
  append(bytes: Uint8Array, flags: readonly string[], received: Date): Message {
    const message = { uid: this.#nextUid++, received, bytes, flags };
    this.#messages = [...this.#messages, message];
    this.#tell();
    return message;
  }

  setFlags(message: Message, flags: readonly string[]): void {
    message.flags = flags;
    this.#tell();
  }

  /** Removes the messages marked `\Deleted` for which `chosen` is true. */
  expunge(chosen: (message: Message) => boolean): void {
    this.#messages = this.#messages.filter(
      (message) => !(message.flags.includes('\\Deleted') && chosen(message)),
    );
    this.#tell();
  }

  /** Calls `watcher` after every change, until the function returned is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

export class Store {
  /** In the order in which LIST names them. */
  readonly folders: readonly Folder[];

  constructor(folders: readonly Folder[]) {
    this.folders = folders;
  }

  /** The folder of that exact name (INBOX in capitals). */
  folder(name: string): Folder | undefined {
    return this.folders.find((folder) => folder.name === name);
  }

  /** Whether a folder below `folder` fulfils `condition`. */
  hasBelow(folder: Folder, condition: (below: Folder) => boolean): boolean {
    return this.folders.some((other) => other.name.startsWith(`${folder.name}/`) && condition(other));
  }
}

/** One spelling for each flag: system flags in the case of RFC 9051 §2.3.2, keywords as they came. Undefined: no flag that a client may set. */
export function canonicalFlag(word: string): string | undefined {
  if (!word.startsWith('\\')) return /^[^\x00-\x20(){%*"\\\]\x7f-\xff]+$/.test(word) ? word : undefined;
  return systemFlags.find((flag) => flag.toLowerCase() === word.toLowerCase());
}
