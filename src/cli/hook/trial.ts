/**
 * What `imapveil hook` asks: words of a command line, or responses of a server, become the very questions that a
 * session would ask.
 */
import { encodeMailboxName, splitWords } from '../../imap-parser-lite/index.ts';
import { controlsEscaped } from '../../observe/printable.ts';
import { forScript } from '../../rewrite/capability.ts';
import { packFolders } from '../../rewrite/folders.ts';
import { readFolder } from '../../rewrite/list.ts';
import type { EncryptionMode, HookContext, IdField, Question } from '../../rewrite/question.ts';

/** One call to try. */
export interface Trial {
  readonly question: Question;
  /** What goes in: the capabilities, the response without its line end, the mode's name, the command. */
  readonly input: string;
}

/** A sentence about words of which no question can be made. */
interface Unclear {
  readonly fault: string;
}

export const modeNames = { 0: 'starttls', 1: 'tls', 3: 'starttls-required' } as const;

export function modeNamed(name: string): EncryptionMode | undefined {
  return ([0, 1, 3] as const).find((mode) => modeNames[mode] === name);
}

export function encryptionTrial(mode: EncryptionMode, context: HookContext): Trial {
  return { question: { kind: 'encryption', mode, context }, input: modeNames[mode] };
}

/** `given` may hold several words each; they are spaced as a session would space them. */
export function capabilityTrial(given: readonly string[], context: HookContext): Trial {
  const words = splitWords(given.join(' '));
  const question = { kind: 'capability', capabilities: forScript(words), context } as const;
  return { question, input: words.join(' ') };
}

/** `name` is UTF-8, as people write it; it is put into a response as a server without UTF8=ACCEPT would. */
export function folderTrial(name: string, context: HookContext): Trial | Unclear {
  const encoded = encodeMailboxName(Buffer.from(name));
  if (encoded === undefined) return { fault: `${JSON.stringify(name)} cannot be the name of a mailbox` };
  const quoted = Buffer.from(encoded).toString('latin1').replace(/["\\]/g, '\\$&');
  return responseTrial(Buffer.from(`* LIST (\\HasNoChildren) "/" "${quoted}"\r\n`, 'latin1'), context);
}

/** One trial a line of `text`, whose lines end in LF or CRLF. Empty lines are passed over. */
export function responseTrials(text: Buffer, context: HookContext): readonly (Trial | Unclear)[] {
  return text
    .toString('latin1')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => responseTrial(Buffer.from(`${line}\r\n`, 'latin1'), context));
}

/** `response` is one whole LIST, LSUB or XLIST response, literals and CRLF included. */
export function responseTrial(response: Uint8Array, context: HookContext): Trial | Unclear {
  const input = withoutLineEnd(response);
  const folder = readFolder(response, 'modified-utf7');
  if (folder === undefined) return { fault: `this is no LIST response: ${controlsEscaped(input)}` };
  const asked = { ...context, command: folder.parts.verb };
  return {
    question: { kind: 'list', folders: packFolders([response]), names: 'modified-utf7', context: asked },
    input,
  };
}

export function loginTrial(user: string, context: HookContext): Trial {
  return { question: { kind: 'login', user, context: { ...context, user: undefined } }, input: user };
}

/** `text` is what stands behind `* OK ` and a response code. */
export function greetingTrial(text: string, context: HookContext): Trial {
  return {
    question: { kind: 'greeting', text: Buffer.from(text).toString('latin1'), context },
    input: text,
  };
}

/** Each of `words` is `name=value`, or `name` alone for NIL. */
export function idTrial(words: readonly string[], context: HookContext): Trial {
  const fields = words.map((word): IdField => {
    const at = word.indexOf('=');
    return at === -1 ? [word, null] : [word.slice(0, at), word.slice(at + 1)];
  });
  return { question: { kind: 'id', fields, context }, input: writtenFields(fields) };
}

/** As they stand on the wire (RFC 2971 §3.1). */
export function writtenFields(fields: readonly IdField[]): string {
  const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const strings = fields.flatMap(([name, value]) => [quoted(name), value === null ? 'NIL' : quoted(value)]);
  return strings.length === 0 ? 'NIL' : `(${strings.join(' ')})`;
}

/** `words` joined are a command without its tag: a verb, and perhaps arguments. */
export function commandTrial(words: readonly string[], context: HookContext): Trial {
  const command = words.join(' ').trim();
  const verb = /^(UID +)?\S+/i.exec(command)?.[0] ?? command;
  const rest = command.slice(verb.length).trimStart();
  const question = {
    kind: 'command',
    verb: verb.toUpperCase().replace(/ +/, ' '),
    arguments: Buffer.from(rest).toString('latin1'),
    context,
  } as const;
  return { question, input: command };
}

/** A response as text, without its line end. */
export function withoutLineEnd(response: Uint8Array): string {
  return Buffer.from(response).toString('utf8').replace(/\r\n$/, '');
}
