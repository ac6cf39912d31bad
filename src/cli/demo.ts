/**
 * `imapveil demo`: the same mailbox seen twice by a real client, directly and through the proxy, so that anyone
 * can see in one call what the script does. Whatever happens, everything that was started is stopped again.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ImapFlow } from 'imapflow';
import type { Config } from '../config/config.ts';
import { validate } from '../config/schema.ts';
import { demoPassword, demoUser, startDemoMailbox } from '../demo/server.ts';
import type { HookEvent } from '../hooks/hook-host.ts';
import { createLog, printable } from '../observe/log.ts';
import { type RunningProxy, StartFault, serve } from '../process/serve.ts';
import type { Io } from './io.ts';
import { servicesFor } from './services.ts';

/** imapflow is an optional dependency, so it is loaded here and nowhere else. */
type LoadImapFlow = () => Promise<typeof ImapFlow>;
const loadImapFlow: LoadImapFlow = async () => (await import('imapflow')).ImapFlow;

/** What the client saw: sorted words, and folders with their attributes in the client's order. */
interface Seen {
  readonly capabilities: readonly string[];
  readonly folders: ReadonlyMap<string, string>;
}

/** Exit code 0: both views were printed; 1: something failed; 2: the call is wrong. */
export async function demo(
  argv: readonly string[],
  io: Io,
  load: LoadImapFlow = loadImapFlow,
): Promise<number> {
  try {
    parseArgs({ args: [...argv], options: {}, strict: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    io.stderr.write(`imapveil demo: ${sentence}; see imapveil demo --help\n`);
    return 2;
  }
  let Client: typeof ImapFlow;
  try {
    Client = await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    io.stderr.write(
      'imapveil demo: the IMAP client imapflow is not installed; run "npm install --no-save imapflow" in the folder of imapveil and try again\n',
    );
    return 1;
  }

  const mailbox = await startDemoMailbox();
  let proxy: RunningProxy | undefined;
  try {
    proxy = await startProxy(mailbox.port, io);
    const directly = await look(Client, { port: mailbox.port, secure: false });
    const through = await look(Client, { port: proxy.listeners[0]!.port, secure: true });
    io.stdout.write(report(Client.version, directly, through));
    return 0;
  } catch (error) {
    if (!(error instanceof StartFault)) throw error;
    io.stderr.write(`imapveil demo: ${error.message}\n`);
    return 1;
  } finally {
    await proxy?.close();
    await mailbox.close();
  }
}

const SCRIPT = 'hooks/imap4.lua';

/** The proxy on a free port with TLS and the packaged script, in front of the mailbox. What goes wrong in the script is printed. */
async function startProxy(upstreamPort: number, io: Io): Promise<RunningProxy> {
  const validated = validate({ upstream: { host: '127.0.0.1', port: upstreamPort, encryption: 'none' } });
  if (validated.kind === 'invalid') throw new Error('the smallest configuration is not valid');
  const { tls, upstream, hooks, refuse, limits } = validated.written;
  const config: Config = {
    file: fileURLToPath(new URL('proxy.yaml', packageRoot())),
    listen: [{ address: '127.0.0.1', port: 0, mode: 1 }],
    tls,
    upstream: {
      ...upstream,
      servers: [{ host: '127.0.0.1', port: upstreamPort, weight: 1, servername: '127.0.0.1' }],
      encryption: 'none',
      tls: { ca: undefined, verify: true },
    },
    // Whoever tries it on a busy machine is to see what the script does, not that it was late.
    hooks: { ...hooks, script: fileURLToPath(new URL(SCRIPT, packageRoot())), deadline: 2_000 },
    refuse,
    limits,
    workers: 1,
    watch: false,
    log: { level: 'error', format: 'pretty' },
    admin: undefined,
  };
  const say = (event: HookEvent): void => {
    if (event.kind === 'failed') io.stderr.write(`imapveil demo: ${event.message}\n`);
  };
  return serve(config, servicesFor(createLog(config.log, io.stderr), say));
}

/** The folder that holds package.json, wherever this file was compiled to. */
function packageRoot(): URL {
  let folder = new URL('.', import.meta.url);
  while (!existsSync(new URL('package.json', folder)) && folder.pathname !== '/')
    folder = new URL('..', folder);
  return folder;
}

/** Logs in, asks what the server can do and which folders there are, and logs out. */
async function look(
  Client: typeof ImapFlow,
  at: { readonly port: number; readonly secure: boolean },
): Promise<Seen> {
  const client = new Client({
    host: '127.0.0.1',
    port: at.port,
    secure: at.secure,
    // The certificate is the proxy's own, made a moment ago.
    ...(at.secure ? { tls: { rejectUnauthorized: false } } : { doSTARTTLS: false }),
    auth: { user: demoUser, pass: demoPassword },
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    logger: false,
  });
  // The call that meets a fault rejects with it; an unheard event would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    const folders = await client.list();
    return {
      capabilities: [...client.capabilities.keys()].sort(),
      folders: new Map(folders.map(({ path, flags }) => [path, [...flags].sort().join(' ')])),
    };
  } catch (error) {
    const whom = at.secure ? 'the proxy' : 'the demo mailbox';
    throw new StartFault(`imapflow got no answer from ${whom}: ${printable((error as Error).message)}`);
  } finally {
    await client.logout().catch(() => client.close());
  }
}

function report(version: string, directly: Seen, through: Seen): string {
  const capabilities = ({ capabilities }: Seen): Row[] =>
    capabilities.map((word) => ({ key: word, text: word }));
  const nameWidth = Math.max(
    ...[...directly.folders.keys(), ...through.folders.keys()].map(({ length }) => length),
  );
  const folders = ({ folders }: Seen): Row[] =>
    [...folders].map(([name, attributes]) => ({
      key: name,
      text: `${name.padEnd(nameWidth)}  ${attributes}`,
    }));
  const lines = [
    `imapflow ${version} in the built-in mailbox, directly and through the proxy with ${SCRIPT}.`,
    '',
    ...sideBySide('CAPABILITY', capabilities(directly), capabilities(through)),
    '',
    ...sideBySide('FOLDERS', folders(directly), folders(through)),
    '',
    '- hidden by the proxy   + added by the proxy   ~ changed by the proxy',
    `Next: change ${SCRIPT}, or name your own server in proxy.yaml: imapveil run`,
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

interface Row {
  readonly key: string;
  readonly text: string;
}

/** Two lists beside each other, a line a key, with a mark before what differs. */
function sideBySide(title: string, directly: readonly Row[], through: readonly Row[]): string[] {
  const added = through.filter(({ key }) => !directly.some((row) => row.key === key));
  const rows = [
    ...directly.map(({ key, text }) => ({
      left: text,
      right: through.find((row) => row.key === key)?.text ?? '',
    })),
    ...added.map(({ text }) => ({ left: '', right: text })),
  ];
  const width = Math.max(34, ...rows.map(({ left }) => left.length + 3));
  const line = (mark: string, left: string, right: string): string => `${mark} ${left.padEnd(width)}${right}`;
  return [
    line(' ', `${title}, directly`, `${title}, through the proxy`),
    ...rows.map(({ left, right }) => line(markOf(left, right), left, right)),
  ];
}

function markOf(left: string, right: string): string {
  if (left === right) return ' ';
  if (right === '') return '-';
  return left === '' ? '+' : '~';
}
