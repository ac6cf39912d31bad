/**
 * What the models of the client and of the server have in common: what is tried, and what the server has said and
 * the client should hear.
 *
 * What always holds: nothing here, nor in the two models, asks the product what a byte means.
 */
import type { EncryptionMode } from '../../src/rewrite/question.ts';
import type { Random } from './random.ts';

export interface Scenario {
  readonly mode: EncryptionMode;
  readonly upstream: 'none' | 'starttls' | 'tls';
  readonly script: boolean;
  /** The script is asked about logins, commands, ID and the greeting as well. */
  readonly asked: boolean;
  readonly literals: 'LITERAL+' | 'LITERAL-' | 'synchronising';
  /** Nothing that the proxy would answer or change: what goes in must come out. */
  readonly transparent: boolean;
  /** The client speaks before it is asked; what it says then may be data or commands. */
  readonly eager: boolean;
  /** The server ends AUTHENTICATE and IDLE on its own, behind its `+`. */
  readonly rude: boolean;
  /** The client asks for the STATUS of folders that the script hides. */
  readonly asksHidden: boolean;
}

/** Something whole that the server said, and whether the client should hear of it. */
export interface Said {
  text: string;
  readonly kind: 'plain' | 'capability' | 'folder' | 'companion' | 'continuation';
  fate: 'heard' | 'perhaps' | 'never';
}

export class World {
  readonly random: Random;
  readonly scenario: Scenario;
  /** What the server said and the client has not heard, in order. */
  readonly said: Said[] = [];
  /** On the way to the proxy. */
  fromClient = '';
  fromServer = '';
  clientSecure = false;
  /** The client sent this many literals `{n+}` under each tag. */
  readonly plusLiterals: Map<string, number[]> = new Map();
  /** The tag that was sent behind a STARTTLS which got its OK: nobody may ever hear of it. */
  forbiddenTag: string | undefined;
  /** The server said more behind its OK to STARTTLS. */
  gluedBehindStartTls = false;
  /** The script has let in whom it was asked about last. */
  loginAllowed = false;
  #ids = 0;

  constructor(random: Random, scenario: Scenario) {
    this.random = random;
    this.scenario = scenario;
  }

  /** A number of its own for everything that is said, so that nothing can be taken for something else. */
  id(): number {
    return ++this.#ids;
  }

  /** The server says `text`. */
  say(text: string, kind: Said['kind'] = 'plain', fate: Said['fate'] = 'heard'): void {
    this.fromServer += text;
    this.expect(text, kind, fate);
  }

  /** The client should hear `text`. */
  expect(text: string, kind: Said['kind'] = 'plain', fate: Said['fate'] = 'heard'): void {
    this.said.push({ text, kind, fate });
  }
}

export interface Folder {
  /** As it stands on the wire before ENABLE UTF8=ACCEPT, in every spelling, and after it, as latin1. */
  readonly spellings: readonly string[];
  readonly utf8: string;
  readonly hidden: boolean;
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

export const folders: readonly Folder[] = [
  { spellings: ['INBOX', 'inbox', 'InBoX'], utf8: 'INBOX', hidden: false },
  { spellings: ['Sent', '&AFM-ent'], utf8: 'Sent', hidden: false },
  { spellings: ['Hidden', '&AEg-idden', 'H&AGkAZA-den'], utf8: 'Hidden', hidden: true },
  { spellings: ['Is Hidden'], utf8: 'Is Hidden', hidden: true },
  { spellings: ['q"Hidden'], utf8: 'q"Hidden', hidden: true },
  { spellings: ['b\\Hidden'], utf8: 'b\\Hidden', hidden: true },
  { spellings: ['&AOk-Hidden', '&AOkASA-idden'], utf8: utf8('éHidden'), hidden: true },
  { spellings: ['a&-b'], utf8: 'a&b', hidden: false },
  { spellings: ['{5}Hidden'], utf8: '{5}Hidden', hidden: true },
  { spellings: [' {3}'], utf8: ' {3}', hidden: false },
];

/** The folder's name, spelt as an atom, quoted or as a literal, whatever it can be. */
export function spell(random: Random, folder: Folder, asUtf8: boolean): string {
  const name = asUtf8 ? folder.utf8 : random.pick(folder.spellings);
  const atom = /^[A-Za-z&\-0-9]+$/.test(name);
  switch (random.below(atom ? 3 : 2)) {
    case 0:
      return `"${name.replace(/["\\]/g, '\\$&')}"`;
    case 1:
      return `{${name.length}}\r\n${name}`;
    default:
      return name;
  }
}
