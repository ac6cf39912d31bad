/**
 * One connection's view of its selected folder. Message numbers belong to the view, not to the folder: they
 * change only when the client has been told, which is what `tellChanges` does.
 */
import { inSet, type SequenceSet } from './arguments.ts';
import type { Folder, Message } from './store.ts';

export interface Numbered {
  readonly number: number;
  readonly message: Message;
}

export class View {
  readonly folder: Folder;
  readonly readOnly: boolean;
  #messages: readonly Message[];
  /** The flags that the client knows, by message. */
  readonly #told = new Map<Message, readonly string[]>();

  constructor(folder: Folder, access: 'read-only' | 'read-write') {
    this.folder = folder;
    this.readOnly = access === 'read-only';
    this.#messages = folder.messages;
    for (const message of this.#messages) this.#told.set(message, message.flags);
  }

  /** All messages with their numbers. */
  all(): readonly Numbered[] {
    return this.#messages.map((message, index) => ({ number: index + 1, message }));
  }

  /** The messages of a set of numbers or UIDs; what does not exist is left out. */
  choose(set: SequenceSet, by: 'number' | 'uid'): readonly Numbered[] {
    const largest = by === 'uid' ? (this.#messages.at(-1)?.uid ?? 0) : this.#messages.length;
    return this.all().filter(({ number, message }) =>
      inSet(set, by === 'uid' ? message.uid : number, largest),
    );
  }

  /** The client is told this message's flags by the response at hand. */
  flagsTold(message: Message): void {
    this.#told.set(message, message.flags);
  }

  /** Sends EXPUNGE, EXISTS and FETCH responses (without CRLF) for all that changed since the client was last told. */
  tellChanges(send: (line: string) => void): void {
    const now = this.folder.messages;
    const kept = new Set(now);
    for (let index = this.#messages.length - 1; index >= 0; index--) {
      const message = this.#messages[index]!;
      if (kept.has(message)) continue;
      send(`* ${index + 1} EXPUNGE`);
      this.#told.delete(message);
    }
    const arrived = now.filter((message) => !this.#told.has(message));
    this.#messages = now;
    if (arrived.length > 0) send(`* ${now.length} EXISTS`);
    for (const message of arrived) this.flagsTold(message);
    for (const { number, message } of this.all()) {
      if (this.#told.get(message) === message.flags) continue;
      send(`* ${number} FETCH (UID ${message.uid} FLAGS (${message.flags.join(' ')}))`);
      this.flagsTold(message);
    }
  }
}
