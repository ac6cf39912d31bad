/**
 * One client's connection to the demo mailbox: commands are gathered from the framer's segments, literals
 * included, run one after the other, and answered. A fault on the wire, and a bug, ends the connection with BYE, and no
 * other.
 */
import type { Socket } from 'node:net';
import {
  concat,
  endOfText,
  Framer,
  fromLatin1,
  type LineSegment,
  latin1,
  readCommandHead,
  readTag,
  type Segment,
  SPACE,
} from '../imap-parser-lite/index.ts';
import { readArguments } from './arguments.ts';
import { refuseAppend } from './change.ts';
import { refuse, runCommand } from './commands.ts';
import { capabilities, type Outcome, type Session, syntaxError, tagged } from './session.ts';
import type { Store } from './store.ts';

/** Bytes of the longest line, and of all literals of one command, before and after login. */
const longestLine = 32 * 1024;
const largestBeforeLogin = 4 * 1024;
const largestAfterLogin = 32 * 1024 * 1024;

/** These number messages, so nothing may renumber them before their tagged response (RFC 9051 §7.5.1). */
const numbering: ReadonlySet<string> = new Set(['FETCH', 'STORE', 'SEARCH']);

interface Challenge {
  readonly tag: string;
  readonly answer: (line: string) => Outcome;
  readonly stopTelling: () => void;
}

/** Serves `socket` from the greeting until it is closed; `store` is shared with other connections. */
export function serveConnection(socket: Socket, store: Store): void {
  const connection = new Connection(socket, store);
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  socket.on('close', () => connection.closed());
  // A client that goes away without LOGOUT is nothing to report; `close` follows.
  socket.on('error', () => {});
}

class Connection {
  readonly #socket: Socket;
  readonly #framer = new Framer('client');
  readonly #session: Session;
  /** The command being gathered: its bytes so far. */
  #parts: Uint8Array[] = [];
  #literalBytes = 0;
  #challenge: Challenge | undefined;
  #ended = false;

  constructor(socket: Socket, store: Store) {
    this.#socket = socket;
    this.#framer.longestLine = longestLine;
    this.#session = {
      store,
      loggedIn: false,
      selected: undefined,
      send: (...pieces) => this.#send(...pieces),
    };
    this.#send(
      `* OK [CAPABILITY ${capabilities(this.#session)}] imapveil demo mailbox: for trying things, keeps nothing`,
    );
  }

  receive(chunk: Uint8Array): void {
    try {
      this.#takeAll(chunk);
    } catch {
      // Thrown further, it would end the process: the proxy's, with all sessions, where the mailbox is built in.
      this.#hangUp('[SERVERBUG] The demo mailbox has failed at this command');
    }
  }

  #takeAll(chunk: Uint8Array): void {
    this.#framer.push(chunk);
    while (!this.#ended) {
      const segment = this.#framer.next(this.#challenge ? 'opaque' : 'message');
      if (segment === undefined) return;
      this.#take(segment);
    }
  }

  closed(): void {
    this.#ended = true;
    this.#challenge?.stopTelling();
    this.#challenge = undefined;
  }

  #take(segment: Segment): void {
    if (segment.kind === 'fault') {
      this.#hangUp(segment.fault.message);
      return;
    }
    if (this.#challenge) {
      this.#takeAnswer(this.#challenge, segment.bytes);
      return;
    }
    this.#parts.push(segment.bytes);
    if (segment.kind === 'literal') return;
    if (segment.literal !== undefined) {
      this.#announced(segment.literal);
      return;
    }
    const message = concat(this.#parts);
    this.#forget();
    this.#run(message);
  }

  /** A literal is about to come: `+` invites one that waits, unless it is known already that it would be in vain. */
  #announced({ size, synchronising }: NonNullable<LineSegment['literal']>): void {
    this.#literalBytes += size;
    const refused = this.#refuseLiteral();
    if (refused === undefined) {
      if (synchronising) this.#send('+ Go on');
      return;
    }
    if (!synchronising) {
      // It comes whether it is wanted or not. Only one that is too large to be read to its end is worth a BYE.
      if (refused.kind === 'too-large') this.#hangUp(refused.sentence);
      return;
    }
    const tag = readTag(this.#parts[0]!);
    this.#framer.abandonMessage();
    this.#forget();
    this.#finish(tag ?? '*', refused.outcome);
  }

  #refuseLiteral():
    | { readonly kind: 'too-large'; readonly sentence: string; readonly outcome: Outcome }
    | { readonly kind: 'in-vain'; readonly outcome: Outcome }
    | undefined {
    const largest = this.#session.loggedIn ? largestAfterLogin : largestBeforeLogin;
    if (this.#literalBytes > largest) {
      const sentence = `The demo mailbox takes ${largest} bytes of literals in a command now`;
      return { kind: 'too-large', sentence, outcome: tagged(`NO [LIMIT] ${sentence}`) };
    }
    const head = readCommandHead(this.#parts[0]!);
    if (head === undefined) return undefined;
    const outcome = refuse(this.#session, head.verb) ?? this.#refuseAppend(head);
    return outcome && { kind: 'in-vain', outcome };
  }

  /** An APPEND whose mailbox is in its first line can be refused before the message comes (P3). */
  #refuseAppend(head: NonNullable<ReturnType<typeof readCommandHead>>): Outcome | undefined {
    const line = this.#parts.length === 1 ? this.#parts[0]! : undefined;
    if (head.verb !== 'APPEND' || line === undefined) return undefined;
    const mark = line.lastIndexOf(SPACE, endOfText(line) - 1);
    const given = readArguments(line.subarray(0, mark), head.arguments);
    return given && given.length > 0 ? refuseAppend(this.#session, given) : undefined;
  }

  #run(message: Uint8Array): void {
    const head = readCommandHead(message);
    if (head === undefined) {
      this.#finish(readTag(message) ?? '*', syntaxError('This is no command'));
      return;
    }
    const given = readArguments(message, head.arguments);
    const outcome = given
      ? runCommand(this.#session, head.verb, given)
      : (refuse(this.#session, head.verb) ?? syntaxError('The arguments cannot be read'));
    if (!numbering.has(head.verb)) this.#tellChanges();
    this.#finish(head.tag, outcome);
  }

  #takeAnswer(challenge: Challenge, line: Uint8Array): void {
    challenge.stopTelling();
    this.#challenge = undefined;
    this.#finish(challenge.tag, challenge.answer(latin1(line, 0, endOfText(line))));
  }

  #finish(tag: string, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'tagged':
        this.#send(`${tag} ${outcome.text}`);
        break;
      case 'challenge': {
        this.#send(`+ ${outcome.prompt}`);
        const view = outcome.meanwhile === 'tell-changes' ? this.#session.selected : undefined;
        const stopTelling = view?.folder.watch(() => this.#tellChanges()) ?? (() => {});
        if (view) this.#tellChanges();
        this.#challenge = { tag, answer: outcome.answer, stopTelling };
        break;
      }
      case 'goodbye':
        this.#send(`${tag} ${outcome.text}`);
        this.#end();
        break;
    }
  }

  #tellChanges(): void {
    this.#session.selected?.tellChanges((line) => this.#send(line));
  }

  #forget(): void {
    this.#parts = [];
    this.#literalBytes = 0;
  }

  #hangUp(sentence: string): void {
    this.#send(`* BYE ${sentence}`);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#socket.end();
  }

  #send(...pieces: readonly (string | Uint8Array)[]): void {
    if (this.#socket.writable)
      this.#socket.write(
        concat([...pieces.map((piece) => (typeof piece === 'string' ? fromLatin1(piece) : piece)), CRLF]),
      );
  }
}

const CRLF = fromLatin1('\r\n');
