/**
 * What `imapveil hook` asks and how it shows the answer: words of a command line become the very questions
 * that a session would ask, and an answer becomes one line for people or for programs.
 */
import { encodeMailboxName, splitWords } from '../imap-parser-lite/index.ts';
import { controlsEscaped } from '../observe/printable.ts';
import { forScript } from '../rewrite/capability.ts';
import { applyFates, packFolders } from '../rewrite/folders.ts';
import { readFolder } from '../rewrite/list.ts';
import type { Answer, EncryptionMode, HookContext, Question } from '../rewrite/question.ts';

/** One call to try. */
export interface Trial {
  readonly question: Question;
  /** The function that it calls. */
  readonly calls: 'DoCapability' | 'DoListResult' | 'GetEncryption';
  /** What goes in: the capabilities, the response without its line end, or the mode's name. */
  readonly input: string;
}

interface Shown {
  readonly input: string;
  /** Null for a folder that is hidden. */
  readonly output: string | null;
  readonly show: boolean;
}

const modeNames = { 0: 'starttls', 1: 'tls', 3: 'starttls-required' } as const;

export function modeNamed(name: string): EncryptionMode | undefined {
  return ([0, 1, 3] as const).find((mode) => modeNames[mode] === name);
}

export function encryptionTrial(mode: EncryptionMode, context: HookContext): Trial {
  return { question: { kind: 'encryption', mode, context }, calls: 'GetEncryption', input: modeNames[mode] };
}

/** `given` may hold several words each; they are spaced as a session would space them. */
export function capabilityTrial(given: readonly string[], context: HookContext): Trial {
  const words = splitWords(given.join(' '));
  const question = { kind: 'capability', capabilities: forScript(words), context } as const;
  return { question, calls: 'DoCapability', input: words.join(' ') };
}

/** `name` is UTF-8, as people write it; it is put into a response as a server without UTF8=ACCEPT would. */
export function folderTrial(name: string, context: HookContext): Trial | { readonly fault: string } {
  const encoded = encodeMailboxName(Buffer.from(name));
  if (encoded === undefined) return { fault: `${JSON.stringify(name)} cannot be the name of a mailbox` };
  const quoted = Buffer.from(encoded).toString('latin1').replace(/["\\]/g, '\\$&');
  return responseTrial(Buffer.from(`* LIST (\\HasNoChildren) "/" "${quoted}"\r\n`, 'latin1'), context);
}

/** One trial a line of `text`, whose lines end in LF or CRLF. Empty lines are passed over. */
export function responseTrials(
  text: Buffer,
  context: HookContext,
): readonly (Trial | { readonly fault: string })[] {
  return text
    .toString('latin1')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => responseTrial(Buffer.from(`${line}\r\n`, 'latin1'), context));
}

function responseTrial(response: Uint8Array, context: HookContext): Trial | { readonly fault: string } {
  const input = withoutLineEnd(response);
  const folder = readFolder(response, 'modified-utf7');
  if (folder === undefined) return { fault: `this is no LIST response: ${controlsEscaped(input)}` };
  const asked = { ...context, command: folder.parts.verb };
  return {
    question: { kind: 'list', folders: packFolders([response]), names: 'modified-utf7', context: asked },
    calls: 'DoListResult',
    input,
  };
}

function withoutLineEnd(response: Uint8Array): string {
  return Buffer.from(response).toString('utf8').replace(/\r\n$/, '');
}

function shown(trial: Trial, answer: Answer): Shown {
  const { input } = trial;
  switch (answer.kind) {
    case 'encryption':
      return { input, output: modeNames[answer.mode], show: true };
    case 'capability':
      return { input, output: splitWords(answer.capabilities).join(' '), show: true };
    case 'list': {
      const response = leaving(trial, answer);
      return { input, output: response ? withoutLineEnd(response) : null, show: response !== undefined };
    }
    default:
      throw new Error(`no trial asks ${answer.kind} questions yet`);
  }
}

/** What the client would get of the one folder that was asked about; undefined: nothing, or it was no folder. */
function leaving({ question }: Trial, answer: Answer): Uint8Array | undefined {
  if (question.kind !== 'list' || answer.kind !== 'list') return undefined;
  return applyFates(question.folders, answer.fates)[0];
}

/** One object on one line: `input`, `output`, `show`. */
export function asJson(trial: Trial, answer: Answer): string {
  return JSON.stringify(shown(trial, answer));
}

/** What goes in and what comes out, or what becomes of it in one word. Folders are shown by their decoded names. */
export function asText(trial: Trial, answer: Answer): string {
  const { input, output } = shown(trial, answer);
  const { question } = trial;
  const folder = question.kind === 'list' ? readable(question.folders.bytes) : undefined;
  if (output === null) return controlsEscaped(`${folder?.name ?? input}  hidden`);
  const before = folder === undefined ? input : `${folder.name} ${folder.rest}`;
  if (output === input) return controlsEscaped(`${before}  unchanged`);
  const changed = leaving(trial, answer);
  return controlsEscaped(`${before} → ${changed === undefined ? output : readable(changed).rest}`);
}

/** A folder's decoded name, and what stands before and behind it in the response. */
function readable(response: Uint8Array): { name: string; rest: string } {
  const folder = readFolder(response, 'modified-utf7')!;
  const [name, attributes, extended] = [folder.name, folder.attributes, folder.extended].map((bytes) =>
    Buffer.from(bytes).toString('utf8'),
  );
  return { name: name!, rest: `(${attributes})${extended}` };
}
