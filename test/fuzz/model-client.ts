/**
 * A mail client that marks what it sends: tags `c1` are commands, `LITLIT` is in every literal, `SASLSA` in every
 * SASL line, `SECRET` in every argument of a login, tags `i1` are injected behind STARTTLS. What it sends before
 * it is asked may be data or commands, and has tags `e1`.
 */
import { folders, spell, type World } from './world.ts';

interface Part {
  readonly text: string;
  /** Promised as a literal: sent whatever the server says. */
  readonly data: boolean;
  readonly next: 'on' | 'wait' | 'answer' | 'sasl' | 'idle' | 'starttls';
}

type State = 'free' | 'parts' | 'wait' | 'answer' | 'sasl' | 'idle' | 'idling' | 'starttls' | 'handshake';

export class ModelClient {
  readonly #world: World;
  #state: State = 'free';
  #parts: Part[] = [];
  #tag = '';
  #answered = false;
  /** A literal was sent: the line behind it is owed. */
  #inCommand = false;
  #tags = 0;
  /** How often each tag was sent and not answered. */
  readonly open: Map<string, number> = new Map();
  readonly #sentTags: Set<string> = new Set(['*', 'DONE', 'done']);
  /** The answer to the first `+` was sent before it came. */
  #spoken = false;
  /** What was injected behind each STARTTLS: tag behind tag. */
  /** What `#command` was asked for last. */
  #kind = 0;
  #loggedIn = false;
  readonly #injected: Map<string, string> = new Map();
  /** What was sent, each line with CRLF. */
  sent = '';

  constructor(world: World) {
    this.#world = world;
  }

  get isFree(): boolean {
    return this.#state === 'free';
  }

  get mayAct(): boolean {
    return this.#state === 'free' || this.#state === 'parts' || this.#state === 'idling';
  }

  get waitsForHandshake(): boolean {
    return this.#state === 'handshake';
  }

  wasSent(tag: string): boolean {
    return this.#sentTags.has(tag);
  }

  injectedBehind(tag: string): string | undefined {
    return this.#injected.get(tag);
  }

  secured(): void {
    if (this.#state === 'handshake') this.#state = 'free';
  }

  /** Sends something, whatever is its turn to say. */
  act(): void {
    if (this.#state === 'free') this.#begin();
    if (this.#state === 'idling') {
      this.#send(this.#world.random.pick(['DONE', 'done']));
      this.#state = 'free';
    } else if (this.#state === 'parts') this.#sendPart();
  }

  /** Ends what it is in the middle of. */
  finish(): void {
    if (this.#state !== 'free') this.act();
  }

  continued(): void {
    const { random } = this.#world;
    if (this.#state === 'wait') this.#state = 'parts';
    else if (this.#state === 'idle') this.#state = 'idling';
    else if (this.#spoken) this.#spoken = false;
    else if (this.#state === 'sasl') {
      const name = this.#world.scenario.asked && random.chance(80) ? 'AGEA' : '';
      const message = random.chance(15) ? '*' : `${name}SASLSA${random.below(10)}=`;
      this.#sentTags.add(message);
      this.#send(message);
    }
  }

  tagged(tag: string, word: string): void {
    const open = (this.open.get(tag) ?? 1) - 1;
    if (open === 0) this.open.delete(tag);
    else this.open.set(tag, open);
    if (tag !== this.#tag) return;
    this.#answered = true;
    if (this.#kind === 7 && word === 'OK') this.#loggedIn = true;
    if (this.#state === 'starttls' && word === 'OK') {
      this.#state = 'handshake';
      return;
    }
    if (this.#state === 'parts' || this.#state === 'handshake') return;
    this.#state = 'free';
    this.#parts = [];
  }

  #send(text: string): void {
    const bare = this.#world.random.chance(5);
    this.#raw(`${text}${bare ? '\n' : '\r\n'}`, `${text}\r\n`);
  }

  #raw(text: string, normal = text): void {
    this.#world.fromClient += text;
    this.sent += normal;
  }

  #sendPart(): void {
    const part = this.#parts.shift();
    if (part === undefined || (this.#answered && !part.data)) {
      if (part !== undefined && this.#inCommand) this.#send('');
      this.#parts = [];
      this.#state = 'free';
      return;
    }
    this.#inCommand = part.data;
    if (part.data) this.#raw(part.text);
    else this.#send(part.text);
    if (part.next === 'starttls' && this.#world.random.chance(25)) this.#inject();
    if (part.next === 'answer' && this.#answered) this.#state = 'free';
    else if (part.next !== 'on') this.#state = part.next;
    else if (this.#parts.length === 0) this.#state = 'free';
  }

  #inject(): void {
    const tag = `i${this.#world.id()}`;
    this.#injected.set(this.#tag, tag);
    this.#sentTags.add(tag);
    this.#raw(`${tag} ${this.#world.random.pick(['NOOP', 'LOGIN joe SECRET'])}\r\n`);
  }

  #begin(): void {
    const { random, scenario } = this.#world;
    const last = `c${this.#tags}`;
    const reused = this.#tags > 0 && random.chance(3) ? last : undefined;
    const own = random.chance(2) ? random.pick(['imapveil1', 'imapveil2']) : `c${++this.#tags}`;
    const tag = reused ?? own;
    this.#tag = tag;
    this.#answered = false;
    this.#spoken = false;
    this.#sentTags.add(tag);
    this.open.set(tag, (this.open.get(tag) ?? 0) + 1);
    this.#state = 'parts';
    const kinds = reused !== undefined || tag.startsWith('imapveil') ? 1 : scenario.transparent ? 9 : 12;
    let kind = random.below(kinds);
    if (kinds > 1 && !this.#loggedIn && random.chance(40))
      kind = scenario.mode === 3 && !this.#world.clientSecure ? 11 : 7;
    this.#kind = kind;
    this.#parts = this.#command(tag, kind);
  }

  #command(tag: string, kind: number): Part[] {
    const { random, scenario } = this.#world;
    // A name that comes as a literal is no data any longer when it goes up in a line.
    const secret = scenario.asked ? 'SECRET' : 'SECRETLITLIT';
    const eager = scenario.eager && random.chance(40);
    switch (kind) {
      case 0:
        return [
          part(
            `${tag} ${random.pick(['NOOP', 'noop', 'CAPABILITY', 'FETCH 1 BODY[]', 'NOOP x{3}', 'UNAUTHENTICATE'])}`,
          ),
        ];
      case 1:
        return [part(`${tag} ${random.pick(['SELECT', 'STATUS'])} ${this.#mailbox()}`)];
      case 2:
        return [
          part(
            `${tag} ${random.pick(['LIST', 'LSUB', 'XLIST'])} "" ${random.pick(['*', '""', '%', '* RETURN (STATUS (MESSAGES))'])}`,
          ),
        ];
      case 3:
      case 4:
        return eager ? this.#eagerLiteral(tag) : this.#literals(tag, 'APPEND x', 'LITLIT');
      case 5:
        return this.#authenticate(tag, eager);
      case 6:
        if (eager && !scenario.transparent) {
          return [part(`${tag} IDLE`), { text: 'DONE', data: false, next: 'answer' }];
        }
        return [{ text: `${tag} IDLE`, data: false, next: 'idle' }];
      case 7:
        return random.chance(50) ? [part(`${tag} LOGIN joe SECRET`)] : this.#literals(tag, 'LOGIN', secret);
      case 8:
        return [part(`${tag} ${random.pick(['ENABLE UTF8=ACCEPT', 'ID ("a" "b {5}")', 'NOOP', 'LOGOUT'])}`)];
      case 9:
        return this.#literals(tag, random.pick(['COMPRESS', 'RLIST', 'NOOP', 'LSUB ""', 'STATUS']), 'LITLIT');
      case 10:
        if (random.chance(30))
          return [{ text: `${tag} AUTHENTICATE${random.pick([' GSSAPI', ''])}`, data: false, next: 'sasl' }];
        return [part(`${tag} ${random.pick(['COMPRESS DEFLATE', '', 'RLIST "" *', '('])}`)];
      default:
        return [{ text: `${tag} STARTTLS`, data: false, next: 'starttls' }];
    }
  }

  #mailbox(): string {
    const { random, scenario } = this.#world;
    const allowed = folders.filter((folder) => scenario.asksHidden || !folder.hidden);
    // A literal would need an answer first; case 9 has those.
    const name = spell(random, random.pick(allowed), false);
    return name.startsWith('{') ? 'Sent' : name;
  }

  #literals(tag: string, command: string, mark: string): Part[] {
    const { random, scenario } = this.#world;
    const parts: Part[] = [];
    let text = `${tag} ${command} `;
    for (let left = random.below(3), place = 0; left >= 0; left--, place++) {
      const looks = random.pick(['', `x DELETE ${mark}\r\n`, ' {5}\r\n', '\0\r', '"', 'e0 NOOP\r\n']);
      const long = random.chance(2) ? mark.repeat(random.pick([300, 1000])) : '';
      const data = random.chance(10) ? '' : `${mark}${long}${looks}`;
      const plus = !scenario.transparent && random.chance(40);
      if (plus) this.#world.plusLiterals.set(tag, [...(this.#world.plusLiterals.get(tag) ?? []), place]);
      const open = random.pick(['', '(', '(UTF8 ~']);
      parts.push({
        text: `${text}${open}{${data.length}${plus ? '+' : ''}}`,
        data: false,
        next: plus ? 'on' : 'wait',
      });
      parts.push({ text: data, data: true, next: 'on' });
      text = open === '' ? ' ' : ') ';
    }
    return [...parts, part(text.trimEnd())];
  }

  /** Commands where data was promised: the server decides which they are. Either way a message ends where they end. */
  #eagerLiteral(tag: string): Part[] {
    const number = this.#world.id();
    const data = `e${number} NOOP\r\ne${number}b NOO`;
    this.#sentTags.add(`e${number}`).add(`e${number}b`);
    return [
      part(`${tag} APPEND x {${data.length}}`),
      { text: data, data: true, next: 'on' },
      { text: 'P\r\n', data: true, next: 'answer' },
    ];
  }

  #authenticate(tag: string, eager: boolean): Part[] {
    const text = `${tag} AUTHENTICATE ${this.#world.random.pick(['PLAIN', 'plain SECRET=', 'plain AGEASECRETab', 'X-OTHER ='])}`;
    if (!eager) return [{ text, data: false, next: 'sasl' }];
    const number = this.#world.id();
    this.#sentTags.add(`e${number}`);
    // Whatever the server asks for behind the first `+` is answered as it should be.
    this.#spoken = true;
    return [part(text), { text: `e${number} NOOP`, data: false, next: 'sasl' }];
  }
}

function part(text: string): Part {
  return { text, data: false, next: 'on' };
}
