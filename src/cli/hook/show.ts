/**
 * How `imapveil hook` shows an answer: one line of text, an object for programs, or a coloured difference for a
 * terminal. What always holds: of what a server or a script said nothing reaches the terminal that it would obey.
 */
import { splitWords } from '../../imap-parser-lite/index.ts';
import { controlsEscaped, controlsEscapedInJson } from '../../observe/printable.ts';
import { applyFates } from '../../rewrite/folders.ts';
import { readFolder } from '../../rewrite/list.ts';
import type { Answer } from '../../rewrite/question.ts';
import { difference, type Part } from './difference.ts';
import { modeNames, type Trial, withoutLineEnd, writtenFields } from './trial.ts';

/** What becomes of a trial and its answer, without a line end. */
export type Show = (trial: Trial, answer: Answer) => string;

interface Shown {
  readonly input: string;
  /** Null for what is hidden or refused. */
  readonly output: string | null;
  readonly show: boolean;
  /** What the client is told, where the script said something. */
  readonly message?: string;
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
    case 'greeting':
      return { input, output: utf8(answer.text), show: true };
    case 'id':
      return { input, output: writtenFields(answer.fields), show: true };
    case 'login':
    case 'command': {
      const { allow, message } = answer;
      if (allow) return { input, output: input, show: true };
      return { input, output: null, show: false, ...(message !== undefined && { message: utf8(message) }) };
    }
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** What the client would get of the one folder that was asked about; undefined: nothing, or it was no folder. */
function leaving({ question }: Trial, answer: Answer): Uint8Array | undefined {
  if (question.kind !== 'list' || answer.kind !== 'list') return undefined;
  return applyFates(question.folders, answer.fates)[0];
}

/** One object on one line: `input`, `output`, `show`; and `message`, where a refusal has one. */
export const asJson: Show = (trial, answer) => controlsEscapedInJson(JSON.stringify(shown(trial, answer)));

/** What goes in and what comes out, or what becomes of it in one word. Folders are shown by their decoded names. */
export const asText: Show = (trial, answer) => {
  const { input, output, message } = shown(trial, answer);
  const { question } = trial;
  if (question.kind === 'login' || question.kind === 'command') {
    return controlsEscaped(`${input}  ${output === null ? refused(message) : 'allowed'}`);
  }
  const folder = question.kind === 'list' ? readable(question.folders.bytes) : undefined;
  if (output === null) return controlsEscaped(`${folder?.name ?? input}  hidden`);
  const before = folder === undefined ? input : `${folder.name} ${folder.rest}`;
  if (output === input) return controlsEscaped(`${before}  unchanged`);
  const changed = leaving(trial, answer);
  return controlsEscaped(`${before} → ${changed === undefined ? output : readable(changed).rest}`);
};

const RED = '31';
const GREEN = '32';
const FAINT = '2';
const BOLD = '1';

/**
 * Two lines for what has changed, as `diff` writes them: red what went in, green what comes out, bold the words that
 * only one of them has. One line for what has not, and for what is hidden or refused.
 */
export const asDifference: Show = (trial, answer) => {
  const { input, output, message } = shown(trial, answer);
  const { question } = trial;
  const before = question.kind === 'list' ? whole(question.folders.bytes) : input;
  if (question.kind === 'login' || question.kind === 'command') {
    return output === null
      ? colour(RED, `- ${before}  ${refused(message)}`)
      : colour(GREEN, `  ${before}  allowed`);
  }
  if (output === null) return colour(RED, `- ${before}  hidden`);
  if (output === input) return colour(FAINT, `  ${before}`);
  const changed = leaving(trial, answer);
  const parts = difference(before, changed === undefined ? output : whole(changed));
  return `${side('-', RED, 'removed', parts)}\n${side('+', GREEN, 'added', parts)}`;
};

function side(mark: string, code: string, own: Part['kind'], parts: readonly Part[]): string {
  const words = parts
    .filter(({ kind }) => kind === 'same' || kind === own)
    .map(({ kind, text }) => colour(kind === own ? `${code};${BOLD}` : code, text));
  return `${colour(code, `${mark} `)}${words.join('')}`;
}

function colour(code: string, text: string): string {
  return `\x1b[${code}m${controlsEscaped(text)}\x1b[0m`;
}

function refused(message: string | undefined): string {
  return message === undefined ? 'refused' : `refused: ${message}`;
}

function whole(response: Uint8Array): string {
  const { name, rest } = readable(response);
  return `${name} ${rest}`;
}

/** A folder's decoded name, and what stands before and behind it in the response. */
function readable(response: Uint8Array): { name: string; rest: string } {
  const folder = readFolder(response, 'modified-utf7')!;
  const [name, attributes, extended] = [folder.name, folder.attributes, folder.extended].map((bytes) =>
    Buffer.from(bytes).toString('utf8'),
  );
  return { name: name!, rest: `(${attributes})${extended}` };
}
