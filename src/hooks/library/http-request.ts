/**
 * One HTTP request of a script's. What always holds: it goes to hosts that `hooks.http.allow` names and to no other,
 * redirects included; it ends in time; and it is answered, by a reply or by a sentence.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Agent, Dispatcher } from 'undici';

/** `hooks.http` of proxy.yaml. */
export interface HttpSettings {
  /** `host`, for every port, or `host:port`; as URL writes them. */
  readonly allow: readonly string[];
  /** Milliseconds for the whole of it, redirects included. */
  readonly timeout: number;
  /** Bytes of the longest body of a reply. */
  readonly responseSize: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export interface HttpReply {
  readonly status: number;
  /** Names in lower case; what came several times is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A sentence without the URL, which may hold a key. */
export interface HttpFault {
  readonly fault: string;
}

const REDIRECTS = 5;
/** Connections to one host; more requests wait for one of them. */
const CONNECTIONS = 128;

export class HttpClient {
  readonly #settings: HttpSettings;
  readonly #agent: Promise<Dispatcher>;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
    // Not by the first request: Node never again loads what it could not load once, when no file was left.
    this.#agent = import('undici').then(({ Agent }) => new Agent(this.#limits));
    this.#agent.catch(() => {});
  }

  /** `within`: whole milliseconds above 0, of which no more count than the settings allow. Never rejects. */
  async send(request: HttpRequest, within: number): Promise<HttpReply | HttpFault> {
    const limit = Math.min(within, this.#settings.timeout);
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // undici heeds the signal once a request is on a connection, and not while it waits for one.
    const over = new Promise<HttpFault>((resolve) => {
      timer = setTimeout(() => {
        resolve({ fault: `no whole answer within ${limit} milliseconds` });
        late.abort();
      }, limit).unref();
    });
    try {
      return await Promise.race([over, this.#follow(request, late.signal)]);
    } catch (error) {
      return { fault: reason(error as NodeJS.ErrnoException) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #follow(first: HttpRequest, signal: AbortSignal): Promise<HttpReply | HttpFault> {
    const agent = await this.#agent;
    let request = first;
    for (let redirects = 0; ; redirects++) {
      const url = this.#allowed(request.url);
      if ('fault' in url) return url;
      const answer = await agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: { ...request.headers },
        body: request.body === undefined ? null : Buffer.from(request.body),
        signal,
      });
      const location = answer.headers.location;
      if (![301, 302, 303, 307, 308].includes(answer.statusCode) || typeof location !== 'string') {
        return await this.#read(answer);
      }
      await answer.body.dump();
      // undici lends a connection again one turn of the event loop after its answer, here and in `#read`: whoever asks
      // sooner gets a second one, with a handshake of its own.
      await nextTurn();
      if (redirects === REDIRECTS) return { fault: `redirected more than ${REDIRECTS} times` };
      if (!URL.canParse(location, url.href)) return { fault: 'redirected to something that is no URL' };
      request = redirected(request, answer.statusCode, new URL(location, url.href), url);
    }
  }

  /**
   * undici's own limits of time are out of the way: `send` has one. But a connection that does not come about is given up
   * after as long as somebody may wait for it, so that who asks next has a new one.
   */
  get #limits(): Agent.Options {
    return {
      connections: CONNECTIONS,
      connect: { timeout: this.#settings.timeout },
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  #allowed(text: string): URL | HttpFault {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
      return { fault: 'this is no http or https URL' };
    if (url.username !== '' || url.password !== '') {
      return { fault: 'a URL with a password in it is not used; send a header' };
    }
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port;
    const { allow } = this.#settings;
    if (allow.includes(url.hostname) || allow.includes(`${url.hostname}:${port}`)) return url;
    return { fault: `${url.hostname}:${port} is not in hooks.http.allow` };
  }

  async #read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<HttpReply | HttpFault> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > this.#settings.responseSize) {
        body.destroy();
        return { fault: `the answer has more than ${this.#settings.responseSize} bytes` };
      }
      chunks.push(chunk);
    }
    await nextTurn();
    const named = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]);
    return { status: statusCode, headers: Object.fromEntries(named), body: Buffer.concat(chunks) };
  }
}

/** RFC 9110 §15.4; what proves who we are is for the origin that it was meant for. */
function redirected(request: HttpRequest, status: number, to: URL, from: URL): HttpRequest {
  const keeps = status === 307 || status === 308 || request.method === 'GET';
  const secret = /^(authorization|cookie|proxy-authorization)$/i;
  const ofBody = /^content-/i;
  const headers = Object.entries(request.headers).filter(
    ([name]) => (to.origin === from.origin || !secret.test(name)) && (keeps || !ofBody.test(name)),
  );
  return {
    method: keeps ? request.method : 'GET',
    url: to.href,
    headers: Object.fromEntries(headers),
    body: keeps ? request.body : undefined,
  };
}

function reason({ code = '', name, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host';
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return `the certificate cannot be verified (${code})`;
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'the connection ended before the answer';
  if (name === 'HTTPParserError') return 'the answer is no HTTP';
  // undici's messages name no URL, and of headers no value.
  return code === '' || code.startsWith('UND_ERR_') ? message : code;
}
