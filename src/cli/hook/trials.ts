/** Which trials a call of `imapveil hook` asks for: one function of a case each. */
import type { Listen } from '../../config/config.ts';
import type { HookContext } from '../../rewrite/question.ts';
import type { Io } from '../io.ts';
import { capabilitiesOf, foldersOf } from './live-server.ts';
import type { LiveServer } from './server-url.ts';
import {
  capabilityTrial,
  commandTrial,
  encryptionTrial,
  folderTrial,
  greetingTrial,
  idTrial,
  loginTrial,
  modeNamed,
  responseTrial,
  responseTrials,
  type Trial,
} from './trial.ts';
import { wrongCall } from './wrong-call.ts';

/** What the call says besides the words. */
export interface Circumstances {
  readonly context: HookContext;
  /** `--default` */
  readonly mode: string | undefined;
  readonly listen: readonly Listen[];
  /** `--from` */
  readonly server: LiveServer | undefined;
  readonly io: Io;
}

/** `name` is the function, `words` what follows it. Throws a `WrongCall`, or a `ServerFault` of the server in `--from`. */
export async function trialsFor(
  name: string | undefined,
  words: readonly string[],
  around: Circumstances,
): Promise<readonly Trial[]> {
  const { context, server } = around;
  if (server !== undefined) {
    if (name !== 'capability' && name !== 'list') throw wrongCall('--from is for capability and list only');
    if (words.length > 0) throw wrongCall('give words or --from, not both');
  }
  switch (name) {
    case 'capability':
      if (server !== undefined) return [capabilityTrial(await capabilitiesOf(server), context)];
      if (words.length === 0) throw wrongCall("name the capabilities, such as 'IMAP4rev1 IDLE'");
      return [capabilityTrial(words, context)];
    case 'list':
      return listTrials(words, around);
    case 'encryption':
      if (words.length > 0) throw wrongCall('encryption takes options only');
      return [encryption(around)];
    case 'login':
      return [loginTrial(theOne(words, 'name the user that logs in'), context)];
    case 'greeting':
      if (words.length === 0) throw wrongCall("give the greeting's text, such as 'Dovecot ready.'");
      return [greetingTrial(words.join(' '), context)];
    case 'id':
      return [idTrial(words, context)];
    case 'command':
      if (words.join('').trim() === '') throw wrongCall("give the command, such as 'DELETE Archive'");
      return [commandTrial(words, context)];
    default:
      throw wrongCall('say which function: capability, list, encryption, login, greeting, id or command');
  }
}

function theOne(words: readonly string[], otherwise: string): string {
  const [word] = words;
  if (word === undefined || words.length > 1) throw wrongCall(otherwise);
  return word;
}

async function listTrials(
  words: readonly string[],
  { context, server, io }: Circumstances,
): Promise<readonly Trial[]> {
  const trials = server
    ? (await foldersOf(server)).map((response) => responseTrial(response, context))
    : words.length > 0
      ? words.map((folder) => folderTrial(folder, context))
      : responseTrials(await readAll(io), context);
  if (trials.length === 0) {
    throw wrongCall('name a folder, give "* LIST ..." lines on standard input, or a server with --from');
  }
  return trials.map((trial) => {
    if ('fault' in trial) throw wrongCall(trial.fault);
    return trial;
  });
}

function encryption({ mode, context, listen }: Circumstances): Trial {
  const named = mode === undefined ? undefined : modeNamed(mode);
  if (mode !== undefined && named === undefined) {
    throw wrongCall('--default must be starttls, tls or starttls-required');
  }
  const { serverport } = context;
  const configured = listen.find(({ port }) => port === serverport)?.mode;
  return encryptionTrial(named ?? configured ?? (serverport === 993 ? 1 : 3), context);
}

async function readAll({ stdin }: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
