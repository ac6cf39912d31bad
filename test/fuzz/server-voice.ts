/**
 * What the model server says: untagged data, messages that look like the protocol, folders in every spelling,
 * capability lists. Each is told to the world together with whether the client should hear it.
 */
import { folders, spell, type World } from './world.ts';

export class ServerVoice {
  readonly #world: World;
  /** ENABLE UTF8=ACCEPT was answered: names are UTF-8. */
  utf8 = false;

  constructor(world: World) {
    this.#world = world;
  }

  list(verb: string, text: string): void {
    if (text.endsWith(' ""\r\n')) {
      this.#world.say(`* ${verb} (\\Noselect \\srv${this.#world.id()}) "/" ""\r\n`);
      return;
    }
    const withStatus = text.includes('STATUS');
    for (let left = this.#world.random.below(5); left > 0; left--) {
      this.anyFolder(verb, withStatus);
      if (this.#world.random.chance(10)) this.data();
    }
  }

  /** One folder, with its STATUS where that was asked for. */
  anyFolder(verb: string, withStatus = false): void {
    const { random, scenario } = this.#world;
    const folder = random.pick(folders);
    const word = random.pick([verb, verb.toLowerCase()]);
    const delimiter = random.pick(['"/"', '"."', 'NIL', '"\\\\"']);
    const extended = random.pick(['', '', ' ("CHILDINFO" ("SUBSCRIBED"))']);
    const hides = scenario.script && folder.hidden;
    const name = spell(random, folder, this.utf8);
    const attributes = `\\srv${this.#world.id()} \\HasNoChildren`;
    this.#world.say(
      `* ${word} (${attributes}) ${delimiter} ${name}${extended}\r\n`,
      'folder',
      hides ? 'never' : 'heard',
    );
    if (!withStatus || random.chance(20)) return;
    const fate = !hides ? 'heard' : scenario.asksHidden ? 'perhaps' : 'never';
    const status = `(MESSAGES ${this.#world.id()})`;
    this.#world.say(`* STATUS ${spell(random, folder, this.utf8)} ${status}\r\n`, 'companion', fate);
  }

  data(): void {
    const { random } = this.#world;
    const id = this.#world.id();
    const long = random.chance(1) ? 'y'.repeat(random.pick([65_500, 65_537, 140_000])) : '';
    const end = random.chance(5) && !this.#world.scenario.script ? '\n' : '\r\n';
    this.#world.say(
      `* ${random.pick(['3 EXISTS', 'SEARCH 1', 'FLAGS ("a {5}")', 'X-LINE a\rb'])} ${id}${long}${end}`,
    );
  }

  /** A message whose body looks like the protocol. */
  message(): void {
    const { random } = this.#world;
    let body = '';
    for (let left = random.below(5); left > 0; left--)
      body += random.pick([
        '* LIST () "/" Hidden\r\n',
        'c1 OK [CAPABILITY IDLE] done\r\n',
        '+ go\r\n',
        ' {99}\r\n',
        '\0\r',
        'a'.repeat(random.pick([1, 1, 1, 70_000])),
      ]);
    const mark = `${random.pick(['', '~'])}{${body.length}}\r\n`;
    this.#world.say(`* ${this.#world.id()} FETCH (BODY[] ${mark}${body} FLAGS (\\Seen) X {0}\r\n)\r\n`);
  }

  capabilities(before: string, after: string): string {
    const { random, scenario } = this.#world;
    const words = ['IMAP4rev1', 'AUTH=PLAIN', 'IDLE', `X-SRV${this.#world.id()}`];
    if (scenario.literals !== 'synchronising') words.push(scenario.literals);
    if (!scenario.transparent) {
      for (const word of ['STARTTLS', 'COMPRESS=DEFLATE', 'AUTH=GSSAPI', 'LOGINDISABLED', 'SASL-IR'])
        if (random.chance(30)) words.push(word);
    }
    return `${before}CAPABILITY ${words.join(random.pick([' ', '  ']))}${after}\r\n`;
  }

  /** Something that nobody asked for. */
  unsolicited(): void {
    const { random } = this.#world;
    switch (random.below(5)) {
      case 0:
        this.data();
        return;
      case 1:
        this.#world.say(`* OK [ALERT] srv${this.#world.id()} disk {12}\r\n`);
        return;
      case 2:
        this.anyFolder('LIST');
        return;
      case 3:
        this.#world.say(this.capabilities('* ', ''), 'capability');
        return;
      default:
        this.message();
    }
  }

  /** `+`, and what may stand behind it. */
  goOn(fate: 'heard' | 'never' = 'heard'): void {
    const short = fate === 'heard' && this.#world.random.chance(10);
    this.#world.say(short ? '+\r\n' : `+ srv${this.#world.id()} {7}\r\n`, 'continuation', fate);
  }
}
