/**
 * Reads what the proxy sends to the client with a reader of its own, and holds each whole response against what
 * the server said: the same bytes in the same order, or a reply of the proxy's own between two of them.
 */
import { broken, shown } from './broken.ts';
import type { ModelClient } from './model-client.ts';
import type { Said, World } from './world.ts';

const unworkable = /^(?:COMPRESS=.*|AUTH=GSSAPI|PRETLS)$/i;

export class ClientReader {
  readonly #world: World;
  readonly #client: ModelClient;
  #unread = '';
  /** Every byte that came. */
  heard = '';
  /** Replies of the proxy's own. */
  replies = 0;
  startTlsSaid = false;

  constructor(world: World, client: ModelClient) {
    this.#world = world;
    this.#client = client;
  }

  receive(text: string): void {
    this.heard += text;
    this.#unread += text;
    for (;;) {
      const length = wholeResponse(this.#unread);
      if (length === undefined) return;
      const response = this.#unread.slice(0, length);
      this.#unread = this.#unread.slice(length);
      if (this.startTlsSaid)
        broken('nothing is written in the clear behind the OK to STARTTLS', shown(response));
      this.#response(response);
    }
  }

  secureBegins(): void {
    if (this.#unread !== '')
      broken('nothing is written in the clear behind the OK to STARTTLS', shown(this.#unread));
    this.startTlsSaid = false;
  }

  /** Nothing more comes: was everything heard? `cut` says that the end may have come in the middle. */
  atEnd(cut: boolean): void {
    if (cut) {
      if (this.#unread === '' || this.#world.said.some(({ text }) => text.startsWith(this.#unread))) return;
      broken('what the client hears is what the server said', `at the end: ${shown(this.#unread)}`);
    }
    const missing = this.#world.said.find(({ fate }) => fate === 'heard');
    if (missing !== undefined) broken('every response arrives', shown(missing.text));
    if (this.#unread !== '') broken('what the client hears is what the server said', shown(this.#unread));
  }

  #response(response: string): void {
    const { said } = this.#world;
    const at = this.#find(response);
    if (at === undefined) {
      this.#reply(response);
      return;
    }
    const found = said[at]!;
    if (found.fate === 'never') {
      if (found.kind === 'folder' || found.kind === 'companion')
        broken('a hidden folder never reaches the client', shown(response));
      if (found.kind === 'continuation')
        broken('no + for a literal that the client had sent', shown(response));
      broken('nothing learnt before TLS is relayed', shown(response));
    }
    said.splice(0, at + 1);
    const [, tag, word] = /^([^ ]+) ([^ \r\n]+)/.exec(response) ?? [];
    if (found.kind === 'continuation') this.#client.continued();
    else if (tag !== undefined && tag !== '*') this.#tagged(tag, word!);
  }

  /** Which of what was said this is; none before it may be missing. */
  #find(response: string): number | undefined {
    const { said } = this.#world;
    for (let at = 0; at < said.length; at++) {
      const next = said[at]!;
      if (next.text === response || (next.kind === 'capability' && isRewritten(next, response))) return at;
      if (next.fate === 'heard') return undefined;
    }
    return undefined;
  }

  #reply(response: string): void {
    if (this.#world.scenario.asked && response === '+ Ready for the rest\r\n') {
      this.#client.continued();
      return;
    }
    const reply = /^([^ ]+) (OK|NO|BAD|BYE) [ -~]*\r\n$/.exec(response);
    const [, tag, word] = reply ?? [];
    if (tag === undefined || response.includes('srv') || (tag !== '*' && !this.#client.wasSent(tag))) {
      const next = this.#world.said.find(({ fate }) => fate === 'heard');
      broken(
        'what the client hears is what the server said',
        `${shown(response)} where the server said ${shown(next?.text ?? 'nothing')}`,
      );
    }
    this.replies++;
    if (word === 'OK' && response.includes('TLS')) {
      this.startTlsSaid = true;
      this.#world.forbiddenTag = this.#client.injectedBehind(tag);
    }
    if (tag !== '*') this.#tagged(tag, word!);
  }

  #tagged(tag: string, word: string): void {
    if (tag === this.#world.forbiddenTag)
      broken('nothing injected before the handshake is ever answered', shown(tag));
    this.#client.tagged(tag, word);
  }
}

/** The length of the response that `text` begins with, or undefined where its end has not come. */
function wholeResponse(text: string): number | undefined {
  const literals = /^\* (?!(?:OK|NO|BAD|BYE|PREAUTH)\b)/i.test(text);
  for (let at = 0; ; ) {
    const end = text.indexOf('\n', at) + 1;
    if (end === 0) return undefined;
    const mark = literals ? /[ (]~?\{(\d+)\}\r?\n$/.exec(text.slice(Math.max(at, end - 24), end)) : null;
    if (mark === null) return end;
    at = end + Number(mark[1]);
    if (at > text.length) return undefined;
  }
}

/** Whether `response` is the capability list of `said`, rewritten as a proxy and a script may. */
function isRewritten(said: Said, response: string): boolean {
  const pattern = /^((?:\* OK \[|\* |[^ ]+ OK \[)CAPABILITY)( [^\]\r]*)?(\].*)?\r\n$/;
  const [, before, original, after] = pattern.exec(said.text) ?? [];
  const [, newBefore, words, newAfter] = pattern.exec(response) ?? [];
  if (before === undefined || before !== newBefore || after !== newAfter) return false;
  for (const word of words?.trim().split(/ +/) ?? []) {
    if (unworkable.test(word)) broken('what cannot work through the proxy is not offered', shown(response));
    const own = /^(?:STARTTLS|LOGINDISABLED|X-SCRIPT|)$/.test(word);
    if (!own && !original!.split(' ').includes(word)) return false;
  }
  return true;
}
