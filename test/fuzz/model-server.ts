/**
 * A mail server that knows nothing but who may speak: from the bytes that reach it, it tells commands, literals,
 * SASL lines and DONE apart by itself, and the marks that the client's model put on each must agree.
 */
import { broken, shown } from './broken.ts';
import { ServerVoice } from './server-voice.ts';
import type { Said, World } from './world.ts';

interface Command {
  readonly tag: string;
  readonly verb: string;
  text: string;
  literals: number;
  answered: boolean;
}

/** What the next byte is. While `undecided` none may come: nobody has said what it would be. */
type State =
  | { readonly kind: 'line' | 'sasl' | 'idle' }
  | { readonly kind: 'literal'; left: number; text: string }
  | { readonly kind: 'undecided'; readonly about: string };

const line: State = { kind: 'line' };
/** Marks of data, and of commands, see model-client.ts. */
const dataMark = /LITLIT|SASLSA/;
const commandMark = /(?:^|\n)c\d+ /;
const refusedVerbs = /^(?:COMPRESS|RLIST|RLSUB)$/;

export class ModelServer {
  readonly #world: World;
  readonly #voice: ServerVoice;
  #state: State = line;
  #buffer = '';
  #recent = '';
  #current: Command | undefined;
  /** Said to a login that waits for a SASL message. */
  #early: Said | undefined;
  readonly #open: Set<string> = new Set();
  #tasks: (() => void)[] = [];
  #secure: boolean;
  /** The proxy's own CAPABILITY is to come: what it hears becomes the client's greeting. */
  #asksBeforeGreeting: boolean;
  greeted = false;
  closing = false;
  /** Every byte that came. */
  heard = '';

  constructor(world: World) {
    this.#world = world;
    this.#voice = new ServerVoice(world);
    this.#secure = world.scenario.upstream !== 'starttls';
    this.#asksBeforeGreeting = !this.#secure;
  }

  get hasWork(): boolean {
    return this.#tasks.length > 0;
  }

  greet(): void {
    this.greeted = true;
    const { random, scenario } = this.#world;
    const id = this.#world.id();
    if (!this.#secure) {
      this.#world.say(`* OK [CAPABILITY IMAP4rev1 PRETLS] srv${id} PRETLS\r\n`, 'plain', 'never');
      return;
    }
    if (scenario.transparent || random.chance(80))
      this.#world.say(this.#voice.capabilities('* OK [', '] ready'), 'capability');
    else this.#world.say(`* OK srv${id} waiting\r\n`);
  }

  /** TLS of the proxy towards this server is up. */
  secured(): void {
    this.#secure = true;
    this.#buffer = '';
  }

  /** Somebody else wants to log in: what came before does not count. */
  loginAsked(): void {
    this.#recent = '';
  }

  /** Does one thing that is due: mostly the oldest. */
  work(): void {
    const at = this.#world.random.chance(10) ? this.#tasks.length - 1 : 0;
    const [task] = this.#tasks.splice(at, 1);
    task?.();
  }

  /** Says something that nobody asked for. */
  unsolicited(): void {
    if (!this.greeted || this.#asksBeforeGreeting) return;
    this.#voice.unsolicited();
  }

  receive(text: string): void {
    this.heard += text;
    this.#recent = (this.#recent + text).slice(-text.length - 8);
    if (this.#world.scenario.mode === 3 && !this.#world.clientSecure && /SECRET|SASLSA/.test(this.#recent))
      broken('before TLS in mode 3 no argument of a login reaches the server', shown(this.#recent));
    if (this.#world.scenario.asked && !this.#world.loginAllowed && /SECRET|SASLSA/.test(this.#recent))
      broken('no credential goes up before its user may log in', shown(this.#recent));
    const forbidden = this.#world.forbiddenTag;
    if (forbidden !== undefined && this.#recent.includes(forbidden))
      broken('nothing injected before the handshake is ever answered', shown(this.#recent));
    this.#buffer += text;
    while (this.#buffer !== '') {
      const state = this.#state;
      if (state.kind === 'undecided')
        broken(
          'no byte of the client while the server has not answered',
          `${shown(this.#buffer)} (${state.about})`,
        );
      if (state.kind === 'literal') {
        const part = this.#buffer.slice(0, state.left);
        this.#buffer = this.#buffer.slice(part.length);
        state.left -= part.length;
        state.text += part;
        if (state.left > 0) return;
        if (commandMark.test(state.text)) broken('a command is never sent on as data', shown(state.text));
        this.#state = line;
        continue;
      }
      const end = this.#buffer.indexOf('\n') + 1;
      if (end === 0) return;
      const whole = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end);
      if (!/^[^\0\r\n]*\r\n$/.test(whole))
        broken('lines reach the server with CRLF and without control bytes', shown(whole));
      this.#line(whole, state.kind);
    }
  }

  #line(whole: string, kind: 'line' | 'sasl' | 'idle'): void {
    if (kind === 'line') {
      // What this server ended on its own, the client may have gone on with before it knew.
      const late = this.#world.scenario.rude && this.#current === undefined;
      if (late && /^(?:done|\*|(?:AGEA)?SASLSA\d=)\r\n$/i.test(whole)) {
        // The proxy has refused the name meanwhile, and its word is what the client hears.
        if (whole === '*\r\n' && this.#world.scenario.asked && this.#early) this.#early.fate = 'perhaps';
        return;
      }
      if (dataMark.test(whole)) broken('data is never sent on as a command', shown(whole));
      this.#commandLine(whole);
      return;
    }
    if (commandMark.test(whole)) broken('a command is never sent on as data', shown(whole));
    const command = this.#current!;
    if (kind === 'idle') {
      if (!/^done\r\n$/i.test(whole)) broken('a command is never sent on as data', shown(whole));
      this.#later('DONE', () => this.#answer(command));
    } else if (this.#world.scenario.asked && whole === '*\r\n') {
      // Where it is the proxy that cancels, the client hears a refusal instead.
      this.#later('*', () => this.#answer(command, 'BAD', 'perhaps'));
    } else this.#later('a SASL line', () => this.#saslStep(command));
  }

  /** Undecided until `task` is done. */
  #later(about: string, task: () => void): void {
    this.#state = { kind: 'undecided', about };
    this.#tasks.push(task);
  }

  #commandLine(whole: string): void {
    let command = this.#current;
    if (command === undefined) {
      const head = /^([^\s(){%*"\\+]+) ([^\s(){%*"\\\]]+)/.exec(whole);
      if (head === null) broken('what is no command is not sent on', shown(whole));
      const [, tag, verb] = head as unknown as [string, string, string];
      if (this.#open.has(tag)) broken('no tag is in flight twice', tag);
      if (refusedVerbs.test(verb.toUpperCase()) || (verb.toUpperCase() === 'STARTTLS' && this.#secure))
        broken('what cannot work through the proxy is not sent on', shown(whole));
      command = { tag, verb: verb.toUpperCase(), text: '', literals: 0, answered: false };
      this.#open.add(tag);
      this.#current = command;
    }
    command.text += whole;
    const mark = / ?[ (]~?\{(\d+)(\+?)\}\r\n$/.exec(whole);
    if (mark !== null) {
      this.#literal(command, Number(mark[1]), mark[2] === '');
      return;
    }
    this.#whole(command);
  }

  #literal(command: Command, left: number, synchronising: boolean): void {
    const { random } = this.#world;
    // The first one of LOGIN is its name, which the proxy has taken.
    const taken = this.#world.scenario.asked && command.verb === 'LOGIN' ? 1 : 0;
    const place = command.literals++ + taken;
    if (!synchronising) broken('the server is asked before every literal', shown(command.text));
    if (command.answered) {
      // It has said NO already, and reads on with a new command.
      this.#ends();
      return;
    }
    this.#later('a literal', () => {
      if (random.chance(25)) {
        this.#tag(command, random.pick(['NO', 'BAD']));
        this.#ends();
        return;
      }
      const converted = this.#world.plusLiterals.get(command.tag)?.includes(place) === true;
      this.#voice.goOn(converted ? 'never' : 'heard');
      this.#state = { kind: 'literal', left, text: '' };
      if (random.chance(8)) this.#tag(command, 'NO');
    });
  }

  #tag(command: Command, word: string, fate: Said['fate'] = 'heard'): void {
    command.answered = true;
    this.#open.delete(command.tag);
    this.#world.say(`${command.tag} ${word} srv${this.#world.id()} {9}\r\n`, 'plain', fate);
  }

  #ends(): void {
    this.#state = line;
    this.#current = undefined;
  }

  /** The command is all there. */
  #whole(command: Command): void {
    if (command.answered) {
      this.#ends();
      return;
    }
    if (!this.#secure && command.verb === 'STARTTLS') {
      this.#later('STARTTLS', () => this.#startTls(command));
      return;
    }
    switch (command.verb) {
      case 'AUTHENTICATE':
        this.#later('AUTHENTICATE', () => this.#saslStep(command));
        return;
      case 'IDLE':
        this.#later('IDLE', () => {
          if (this.#world.random.chance(25)) {
            this.#answer(command, 'BAD');
            return;
          }
          this.#voice.goOn();
          this.#state = { kind: 'idle' };
          if (this.#world.scenario.rude && this.#world.random.chance(30)) this.#answer(command, 'BAD');
        });
        return;
      case 'LOGIN':
      case 'UNAUTHENTICATE':
        this.#later(command.verb, () =>
          this.#answer(command, this.#world.random.pick(['OK', 'OK', 'NO', 'BAD'])),
        );
        return;
      default:
        this.#ends();
        this.#tasks.push(() => this.#execute(command));
    }
  }

  #saslStep(command: Command): void {
    const { random, scenario } = this.#world;
    if (random.chance(40)) {
      this.#answer(command, random.pick(['OK', 'NO', 'BAD']));
      return;
    }
    this.#voice.goOn();
    this.#state = { kind: 'sasl' };
    if (scenario.rude && random.chance(30)) {
      this.#answer(command, 'NO');
      this.#early = this.#world.said.at(-1);
    }
  }

  #answer(command: Command, word = 'OK', fate: Said['fate'] = 'heard'): void {
    this.#ends();
    const login = word === 'OK' && command.verb === 'LOGIN' && this.#world.random.chance(40);
    if (!login) {
      this.#tag(command, word, fate);
      return;
    }
    this.#open.delete(command.tag);
    this.#world.say(this.#voice.capabilities(`${command.tag} OK [`, '] in'), 'capability');
  }

  #startTls(command: Command): void {
    const { random } = this.#world;
    this.#ends();
    this.#open.delete(command.tag);
    if (random.chance(10)) this.#world.say('* CAPABILITY PRETLS\r\n', 'plain', 'never');
    this.#world.say(`${command.tag} ${random.chance(10) ? 'NO' : 'OK'} PRETLS\r\n`, 'plain', 'never');
    if (random.chance(10)) {
      this.#world.say('* OK PRETLS\r\n', 'plain', 'never');
      this.#world.gluedBehindStartTls = true;
    }
  }

  #execute(command: Command): void {
    const { random } = this.#world;
    const { verb, tag, text } = command;
    if (this.#asksBeforeGreeting) {
      this.#asksBeforeGreeting = false;
      this.#open.delete(tag);
      const words = this.#voice.capabilities('', '').trimEnd().replaceAll('  ', ' ');
      this.#world.say(`* ${words}\r\n`, 'plain', 'never');
      this.#world.say(`${tag} OK srv${this.#world.id()}\r\n`, 'plain', 'never');
      this.#world.expect(`* OK [${words}] IMAP4 server ready\r\n`, 'capability');
      return;
    }
    if (verb === 'CAPABILITY') this.#world.say(this.#voice.capabilities('* ', ''), 'capability');
    if (verb === 'LIST' || verb === 'LSUB' || verb === 'XLIST') this.#voice.list(verb, text);
    if (verb === 'SELECT' && random.chance(40)) this.#voice.anyFolder('LIST');
    if (verb === 'STATUS') this.#world.say(`* STATUS "Sent" (UIDNEXT ${this.#world.id()})\r\n`);
    if (verb === 'FETCH') this.#voice.message();
    if (verb === 'ENABLE' && random.chance(80)) {
      this.#world.say(`* ENABLED UTF8=ACCEPT X-srv${this.#world.id()}\r\n`);
      this.#voice.utf8 = true;
    }
    if (verb === 'LOGOUT') {
      this.#world.say(`* BYE srv${this.#world.id()}\r\n`);
      this.closing = true;
    }
    if (random.chance(20)) this.#voice.data();
    this.#tag(command, verb === 'LOGOUT' ? 'OK' : random.pick(['OK', 'OK', 'NO']));
  }
}
