/**
 * One session between the two models: what they say is cut and interleaved at random, scripts and handshakes
 * answer when chance wants, and in the end everything that is owed must have come.
 */

import { fatesOf, unpackFolders } from '../../src/rewrite/folders.ts';
import type { Answer, Question } from '../../src/rewrite/question.ts';
import type { Effect } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { broken, bytesOf, shown, textOf } from './broken.ts';
import { ClientReader } from './client-reader.ts';
import { ModelClient } from './model-client.ts';
import { ModelServer } from './model-server.ts';
import type { Random } from './random.ts';
import { checkStream } from './streams.ts';
import { type Scenario, World } from './world.ts';

type Note = (line: string) => void;

/** Bytes that may wait in the session until that side is read no more, as net/ does it, and the longest chunk. */
const backlog = 64 * 1024;

export class Run {
  readonly #world: World;
  readonly #random: Random;
  readonly #note: Note;
  readonly #session: Session;
  readonly #client: ModelClient;
  readonly #server: ModelServer;
  readonly #reader: ClientReader;
  #question: Question | undefined;
  #securingClient = false;
  #securingServer = false;
  #ended = '';
  #draining = false;
  #fromServer = '';
  #closed = false;

  constructor(random: Random, note: Note, scenario: Scenario) {
    this.#random = random;
    this.#note = note;
    this.#world = new World(random, scenario);
    this.#client = new ModelClient(this.#world);
    this.#server = new ModelServer(this.#world);
    this.#reader = new ClientReader(this.#world, this.#client);
    const { script, asked } = scenario;
    this.#session = new Session({
      session: 's1',
      client: '192.0.2.1',
      clientport: 54321,
      server: '192.0.2.2',
      serverport: 143,
      defaultMode: scenario.mode,
      upstreamEncryption: scenario.upstream,
      preLoginLine: scenario.transparent ? 1_000_000 : 8192,
      preLoginLiteral: scenario.transparent ? 1_000_000 : random.pick([65_536, 65_536, 65_536, 65_536, 10]),
      enforce: false,
      commandsAsked: ['NOOP', 'SELECT', 'APPEND', 'LSUB', 'IDLE', 'LOGOUT'],
      hooks: {
        defines: {
          ...{ encryption: script && random.chance(30), capability: script, list: script },
          ...{ login: asked, command: asked, id: asked, greeting: asked },
        },
      },
    });
  }

  run(): void {
    this.#note(`settings: ${JSON.stringify(this.#world.scenario)}`);
    this.#step('> start', () => this.#session.start());
    const steps = 10 + this.#random.below(300);
    for (let step = 0; step < steps; step++) this.#act(this.#random.below(16));
    for (let times = 0; this.#settle(); times++)
      if (times > 5000) broken('every conversation comes to rest', 'this one does not');
    this.#check();
  }

  #act(choice: number): void {
    switch (choice) {
      case 0:
      case 1:
      case 2:
        if (this.#client.mayAct) this.#client.act();
        return;
      case 3:
      case 4:
      case 5:
        this.#deliverClient(this.#cut());
        return;
      case 6:
      case 7:
      case 8:
        this.#server.work();
        return;
      case 9:
      case 10:
      case 11:
        this.#deliverServer(this.#cut());
        return;
      case 12:
        if (this.#random.chance(30)) this.#server.unsolicited();
        return;
      case 13:
        this.#answer();
        return;
      case 14:
        if (this.#random.chance(50)) this.#secure();
        return;
      default:
        if (this.#random.chance(98)) return;
        if (this.#random.chance(50)) this.#close();
        else {
          this.#draining = true;
          this.#step('> drain', () => this.#session.drain());
        }
    }
  }

  #cut(): number {
    return 1 + this.#random.below(this.#random.pick([backlog, 1, 10, 80]));
  }

  /** Brings on what is owed; false when nothing is left to do. */
  #settle(): boolean {
    if (this.#ended !== '') return false;
    if (this.#question !== undefined) this.#answer();
    else if (this.#securingClient || this.#securingServer) this.#secure();
    else if (this.#mayReadClient) this.#deliverClient(backlog);
    else if (this.#mayReadServer) this.#deliverServer(backlog);
    else if (this.#server.hasWork) this.#server.work();
    else if (this.#server.closing && !this.#closed) this.#close();
    else if (this.#client.mayAct && !this.#client.isFree) this.#client.finish();
    else return false;
    return true;
  }

  get #mayReadClient(): boolean {
    return this.#world.fromClient !== '' && this.#session.clientBacklog < backlog;
  }

  get #mayReadServer(): boolean {
    return this.#world.fromServer !== '' && this.#session.upstreamBacklog < backlog && !this.#closed;
  }

  #deliverClient(length: number): void {
    if (!this.#mayReadClient || (this.#world.scenario.mode === 1 && !this.#world.clientSecure)) return;
    const text = this.#world.fromClient.slice(0, length);
    this.#world.fromClient = this.#world.fromClient.slice(length);
    this.#step(`C: ${shown(text)}`, () => this.#session.fromClient(bytesOf(text)));
    if (this.#session.clientBacklog >= 2 * backlog)
      broken('what waits is bounded', `client ${this.#session.clientBacklog}`);
  }

  #deliverServer(length: number): void {
    if (!this.#mayReadServer) return;
    const text = this.#world.fromServer.slice(0, length);
    this.#world.fromServer = this.#world.fromServer.slice(length);
    this.#fromServer += text;
    const bytes = bytesOf(text);
    this.#step(`S: ${shown(text)}`, () => this.#session.fromUpstream(bytes));
    // The memory belongs to the next read.
    bytes.fill(0xff);
    if (this.#session.upstreamBacklog >= 2 * backlog)
      broken('what waits is bounded', `server ${this.#session.upstreamBacklog}`);
  }

  #close(): void {
    if (!this.#server.greeted || this.#closed) return;
    this.#closed = true;
    this.#step('> upstream-closed', () => this.#session.upstreamClosed());
  }

  #secure(): void {
    if (this.#securingClient) {
      this.#securingClient = false;
      if (this.#world.scenario.mode !== 1 && this.#world.fromClient !== '') {
        // What was sent in the clear is no handshake.
        const cause = { code: 'client-tls-failed', message: 'the handshake failed' } as const;
        this.#step('> handshake fails', () => this.#session.end(cause));
        return;
      }
      this.#world.clientSecure = true;
      this.#step('> client-secured', () => this.#session.clientSecured());
      this.#client.secured();
    } else if (this.#securingServer) {
      this.#securingServer = false;
      if (this.#world.fromServer !== '') {
        // What was said in the clear is no handshake.
        const cause = { code: 'upstream-unreachable', message: 'the handshake failed' } as const;
        this.#step('> handshake fails', () => this.#session.end(cause));
        return;
      }
      if (this.#world.gluedBehindStartTls && this.#ended === '')
        broken('bytes behind the OK to STARTTLS end the session', 'it goes on to TLS');
      this.#server.secured();
      this.#step('> upstream-secured', () => this.#session.upstreamSecured());
    }
  }

  #answer(): void {
    const question = this.#question;
    if (question === undefined) return;
    this.#question = undefined;
    this.#step(`> answers ${question.kind}`, () => this.#session.answered(this.#script(question)));
  }

  /** The script: what it hides was settled when the server said it. */
  #script(question: Question): Answer {
    if (question.kind === 'encryption') return { kind: 'encryption', mode: this.#world.scenario.mode };
    if (question.kind === 'capability') {
      const words = question.capabilities.split(' ').filter(() => !this.#random.chance(10));
      if (this.#random.chance(10)) words.push('X-SCRIPT');
      return { kind: 'capability', capabilities: words.join(' ') };
    }
    if (question.kind === 'login') {
      this.#world.loginAllowed = this.#random.chance(60);
      return { kind: 'login', allow: this.#world.loginAllowed, message: undefined };
    }
    if (question.kind === 'command') {
      if (/SECRET|SASLSA/.test(question.arguments))
        broken('no script is shown a credential', shown(question.arguments));
      return {
        kind: 'command',
        allow: this.#random.chance(70),
        message: this.#random.pick([undefined, 'no']),
      };
    }
    if (question.kind === 'id')
      return { kind: 'id', fields: this.#random.pick([question.fields, [], [['x', null]]]) };
    if (question.kind === 'greeting') return this.#greeting(question.text);
    const leaving = unpackFolders(question.folders).map((bytes) => {
      const text = textOf(bytes);
      const said = this.#world.said.find((each) => each.kind === 'folder' && each.text === text);
      if (said === undefined)
        broken('the script is asked about folders as the server sent them', shown(text));
      if (said.fate === 'never') return undefined;
      if (!this.#random.chance(20)) return bytes;
      said.text = text.replace('HasNoChildren', 'Marked');
      return bytesOf(said.text);
    });
    return { kind: 'list', fates: fatesOf(question.folders, leaving) };
  }

  /** What the client should hear is what the script says. */
  #greeting(text: string): Answer {
    const said = this.#world.said.find(
      (each) => each.text.startsWith('* OK ') && each.text.endsWith(`${text}\r\n`),
    );
    if (said === undefined) broken('the script is asked about the greeting as it came', shown(text));
    const words = `hello srv${this.#world.id()}`;
    said.text = `${said.text.slice(0, -text.length - 2)}${words}\r\n`;
    return { kind: 'greeting', text: words };
  }

  #step(line: string, call: () => readonly Effect[]): void {
    this.#note(line);
    const before = this.#ended;
    for (const effect of call()) {
      if (this.#ended !== '')
        broken('nothing happens behind the end', `${effect.kind} after ${before || this.#ended}`);
      this.#do(effect);
    }
    if (this.#reader.startTlsSaid && this.#ended === '')
      broken('TLS begins right behind the OK to STARTTLS', 'it does not');
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'write-client':
        this.#note(`P: ${shown(textOf(effect.bytes))}`);
        if (this.#world.scenario.mode === 1 && !this.#world.clientSecure)
          broken('nothing is written in the clear in mode 1', shown(textOf(effect.bytes)));
        this.#reader.receive(textOf(effect.bytes));
        return;
      case 'write-upstream':
        this.#note(`U: ${shown(textOf(effect.bytes))}`);
        this.#server.receive(textOf(effect.bytes));
        return;
      case 'ask':
        this.#note(`! ask ${effect.question.kind}`);
        if (this.#question !== undefined) broken('one question at a time', effect.question.kind);
        this.#question = effect.question;
        if (effect.question.kind === 'login') {
          this.#world.loginAllowed = false;
          this.#server.loginAsked();
        }
        return;
      case 'end':
        this.#note(`! end ${effect.cause.code}`);
        this.#ended = effect.cause.code;
        return;
      default:
        this.#note(`! ${effect.kind}`);
        if (effect.kind === 'connect-upstream') this.#server.greet();
        if (effect.kind === 'secure-upstream') this.#securingServer = true;
        if (effect.kind === 'secure-client') {
          this.#reader.secureBegins();
          this.#securingClient = true;
        }
    }
  }

  #check(): void {
    const { transparent } = this.#world.scenario;
    if (transparent) {
      const ended = this.#ended !== '';
      checkStream('client', this.#reader.heard, this.#fromServer, ended);
      checkStream('server', this.#server.heard, this.#client.sent, ended || this.#draining);
    }
    if (this.#ended !== '') {
      this.#reader.atEnd(true);
      for (let times = 0; times < 3; times++) {
        this.#step('S: * 1 EXISTS', () => this.#session.fromUpstream(bytesOf('* 1 EXISTS\r\nc1 OK x\r\n')));
        this.#step('C: z NOOP', () => this.#session.fromClient(bytesOf('z NOOP\r\n')));
      }
      this.#step('> upstream-closed', () => this.#session.upstreamClosed());
      return;
    }
    if (this.#client.waitsForHandshake) broken('every conversation comes to rest', 'no TLS behind STARTTLS');
    this.#reader.atEnd(false);
    const open = [...this.#client.open.keys()].filter((tag) => !tag.startsWith('e'));
    if (open.length > 0 && !this.#draining) broken('every command is answered', open.join(' '));
  }
}
