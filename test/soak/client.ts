/**
 * A user who reads and writes mail all day, session after session. Whatever is lost, mangled or shown that should be
 * hidden is told; what always holds is that the session either ends because the user says LOGOUT, or is reported lost.
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Account, Endpoint } from '../support/endpoint.ts';
import { RawImap } from '../support/raw-imap.ts';

/** What is done, and how often of a hundred times. */
const habits = [
  ['noop', 20],
  ['list', 20],
  ['select', 20],
  ['append', 15],
  ['fetch', 15],
  ['idle', 10],
] as const;

type Habit = (typeof habits)[number][0];

/** Milliseconds between two things that a user does, and for which one session lasts. */
const THINKS = { least: 500, most: 4500 };
const LASTS = { least: 20_000, most: 120_000 };
/** Bytes of a message. */
const MESSAGE = { least: 200, most: 60_000 };
/** Messages in the folder before it is emptied. */
const KEPT = 10;

export interface UserEvents {
  readonly opened: () => void;
  /** An IMAP command was answered as it should be. */
  readonly worked: () => void;
  /** The session ended, and the user had not said LOGOUT. */
  readonly lost: (loss: Loss) => void;
  /** Something was answered that should not have been. */
  readonly wrong: (sentence: string) => void;
}

export interface Loss {
  readonly user: string;
  /** The address that the user comes from, of which there is one for each. */
  readonly address: string;
  readonly why: string;
  /** When it ended, in milliseconds of `Date.now()`. */
  readonly at: number;
  /** There was a login: a session was lost, and not only one refused. */
  readonly loggedIn: boolean;
}

export interface Shown {
  readonly name: string | undefined;
}

export interface UserOptions {
  readonly endpoint: Endpoint;
  readonly account: Account;
  readonly address: string;
  /** The common name that the proxy should show at this moment; undefined while that changes. */
  readonly certificate: () => Shown;
}

export class User {
  readonly #options: UserOptions;
  readonly #events: UserEvents;
  #leaving = false;
  /** What it has stored and not deleted: the UID and the bytes' hash, of the server that it is on now. */
  #stored: { uid: number; hash: string }[] = [];

  constructor(options: UserOptions, events: UserEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Works until `leave`; never rejects. */
  async live(): Promise<void> {
    while (!this.#leaving) {
      let session: RawImap | undefined;
      let loggedIn = false;
      try {
        session = await this.#connect();
        await session.login(this.#options.account);
        loggedIn = true;
        this.#events.opened();
        await this.#work(session);
        await session.command('LOGOUT');
      } catch (error) {
        const { address, account } = this.#options;
        const why = (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 300);
        const at = session?.endedAt ?? Date.now();
        this.#events.lost({ user: account.user, address, why, at, loggedIn });
        await pause(between(THINKS));
      }
      session?.close();
    }
  }

  /** Logs out when it is done with what it is at. */
  leave(): void {
    this.#leaving = true;
  }

  async #connect(): Promise<RawImap> {
    const { endpoint, address, certificate } = this.#options;
    const before = certificate();
    const session = await RawImap.connect(endpoint, { from: address, within: 30_000, forgetful: true });
    await session.response();
    if (endpoint.security === 'starttls') await session.startTls();
    if (certificate() === before && before.name !== undefined && session.peerName !== before.name)
      this.#events.wrong(`a new handshake was shown ${session.peerName}, and not ${before.name}`);
    return session;
  }

  async #work(session: RawImap): Promise<void> {
    this.#stored = [];
    const until = performance.now() + between(LASTS);
    await session.command('CREATE Secret');
    await this.#empty(session);
    while (!this.#leaving && performance.now() < until) {
      await this.#do(chosen(), session);
      this.#events.worked();
      await pause(between(THINKS));
    }
  }

  async #do(habit: Habit, session: RawImap): Promise<void> {
    switch (habit) {
      case 'noop':
        await session.ok('NOOP');
        return;
      case 'list':
        return this.#list(session);
      case 'select':
        await session.ok(`SELECT ${Math.random() < 0.5 ? 'INBOX' : 'Drafts'}`);
        return;
      case 'append':
        return this.#append(session);
      case 'fetch':
        return this.#fetch(session);
      case 'idle':
        return this.#idle(session);
    }
  }

  /** Whatever the script says at the moment, or does not: the folder stays hidden. */
  async #list(session: RawImap): Promise<void> {
    const { untagged } = await session.ok('LIST "" "*"');
    if (untagged.some((line) => /^\* LIST .*Secret/.test(line)))
      this.#events.wrong('a hidden folder was shown');
  }

  async #append(session: RawImap): Promise<void> {
    if (this.#stored.length >= KEPT) await this.#empty(session);
    const text = randomBytes(between(MESSAGE)).toString('base64').replace(/.{76}/g, '$&\r\n');
    const message = Buffer.from(`Subject: soak\r\n\r\n${text}\r\n`, 'latin1');
    const answer = await session.append('Sent', message);
    const uid = Number(/\[APPENDUID \d+ (\d+)\]/.exec(answer)?.[1]);
    this.#stored.push({ uid, hash: hashOf(message.toString('latin1')) });
  }

  async #fetch(session: RawImap): Promise<void> {
    const [message] = this.#stored;
    if (message === undefined) return;
    await session.ok('EXAMINE Sent');
    const { untagged } = await session.ok(`UID FETCH ${message.uid} BODY.PEEK[]`);
    const response = untagged.find((each) => / FETCH \(/.test(each)) ?? '';
    const [, length] = /\{(\d+)\}\r\n/.exec(response) ?? [];
    const start = response.indexOf('}\r\n') + 3;
    if (hashOf(response.slice(start, start + Number(length))) !== message.hash)
      this.#events.wrong('a message was fetched with other bytes than it was stored with');
  }

  async #idle(session: RawImap): Promise<void> {
    const tag = session.nextTag();
    session.send(`${tag} IDLE\r\n`);
    while (!(await session.response()).startsWith('+'));
    await pause(between(THINKS) * 3);
    session.send('DONE\r\n');
    const { tagged } = await session.reply(tag);
    if (!tagged.startsWith(`${tag} OK`)) throw new Error(`IDLE: ${tagged}`);
  }

  async #empty(session: RawImap): Promise<void> {
    this.#stored = [];
    await session.ok('SELECT Sent');
    await session.command('STORE 1:* +FLAGS.SILENT (\\Deleted)');
    await session.ok('CLOSE');
  }
}

function chosen(): Habit {
  let dice = Math.random() * 100;
  for (const [habit, share] of habits) {
    dice -= share;
    if (dice < 0) return habit;
  }
  return 'noop';
}

function between({ least, most }: { readonly least: number; readonly most: number }): number {
  return Math.round(least + Math.random() * (most - least));
}

function hashOf(latin1: string): string {
  return createHash('sha256').update(latin1, 'latin1').digest('base64');
}
