/**
 * One generated session, held with one server, and what that server said, step by step, in a form that two servers
 * can be compared in.
 */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Endpoint } from './endpoint.ts';
import { Random } from './random.ts';
import type { GeneratedSession, Step } from './session-generator.ts';

/** What a server said to one step. */
export interface Heard {
  /** Tagged answers, sorted: servers may answer pipelined commands in another order. */
  readonly tagged: readonly string[];
  /** Untagged responses and continuations, in order. */
  readonly untagged: readonly string[];
  /** `closed`: the server ended the connection. `silent`: no answer came in time, and the session was given up. */
  readonly ending: 'goes on' | 'closed' | 'silent';
}

/** Milliseconds without an answer until a step counts as silent: far more than either server takes. */
const patience = 3000;

/** Holds the session up to its end or its first silence; the first entry is the greeting. `cutSeed` decides where chunks end. */
export async function holdSession(
  session: GeneratedSession,
  endpoint: Endpoint,
  cutSeed: number,
): Promise<readonly Heard[]> {
  const random = new Random(cutSeed);
  const line = await Line.open(endpoint);
  const greeting = await line.response();
  const heard: Heard[] = [{ tagged: [], untagged: [comparable(greeting)], ending: 'goes on' }];
  for (const step of session.steps) {
    const said = await holdStep(line, step, random);
    heard.push(said);
    if (said.ending !== 'goes on') break;
  }
  line.close();
  return heard;
}

async function holdStep(line: Line, step: Step, random: Random): Promise<Heard> {
  const open = new Set(step.tags);
  const tagged: string[] = [];
  const untagged: string[] = [];
  const result = (ending: Heard['ending']): Heard => ({ tagged: tagged.sort(), untagged, ending });
  const goodbye = step.tags.includes('last');
  for (const [at, piece] of step.pieces.entries()) {
    // LOGOUT goes in one: a chunk that meets a closed connection resets it, and the last words are lost.
    const chunks = goodbye ? 1 : 1 + random.below(4);
    for (const chunk of random.cut(piece, chunks)) await line.send(chunk);
    const last = at === step.pieces.length - 1;
    while (open.size > 0 || goodbye) {
      const response = await line.response();
      if (response === 'closed' || response === 'silent') return result(response);
      const tag = response.split(' ', 1)[0] ?? '';
      if (tag === '*' || tag === '+') untagged.push(comparable(response));
      else tagged.push(comparable(response));
      open.delete(tag);
      if (tag === '+' && !last) break;
    }
    if (open.size === 0) break;
  }
  return result('goes on');
}

/** A response without what two runs of the same server do not share: measured times, dates, chosen numbers. */
function comparable(response: string): string {
  return response
    .replace(/ \(\d+\.\d+( \+ \d+\.\d+)* secs\)/g, '')
    .replace(/"[ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"/g, '"date"')
    .replace(/(UIDVALIDITY|APPENDUID|COPYUID) \d+/g, '$1 n');
}

/** A connection read response by response, with an end and a silence that are answers too. */
class Line {
  readonly #socket: Socket;
  #arrived = '';
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.setNoDelay(true);
    socket.on('data', (text) => {
      this.#arrived += text;
      this.#wake();
    });
    // A reset after the last word is an end like any other.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(endpoint: Endpoint): Promise<Line> {
    const ca = await readFile(endpoint.ca);
    const plain = connect({ host: '127.0.0.1', port: endpoint.port });
    return new Line(
      endpoint.security === 'tls' ? connectTls({ socket: plain, ca, servername: endpoint.host }) : plain,
    );
  }

  async send(text: string): Promise<void> {
    if (this.#ended) return;
    this.#socket.write(text, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }

  async response(): Promise<string> {
    const end = performance.now() + patience;
    for (;;) {
      const length = lengthOfResponse(this.#arrived);
      if (length !== undefined) {
        const response = this.#arrived.slice(0, length);
        this.#arrived = this.#arrived.slice(length);
        return response;
      }
      if (this.#ended) return 'closed';
      if (performance.now() >= end) return 'silent';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, end - performance.now() + 1);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The length of the first response, literals included, or undefined where it is not all there (P1). */
function lengthOfResponse(text: string): number | undefined {
  const free = /^(\+|\S+ (OK|NO|BAD|BYE|PREAUTH)\b)/i.test(text);
  for (let from = 0; ; ) {
    const line = text.indexOf('\r\n', from);
    if (line < 0) return undefined;
    const mark = free ? null : /\{(\d+)\}$/.exec(text.slice(from, line));
    from = line + 2 + (mark === null ? 0 : Number(mark[1]));
    if (from > text.length) return undefined;
    if (mark === null) return from;
  }
}
