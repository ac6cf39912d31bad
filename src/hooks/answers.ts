/**
 * From a question to what crosses to the thread, and from what came back to an answer. What is missing of an
 * answer, because its call failed or was never made, is filled in here as `onError` says.
 */
import { essentialCapabilities } from '../rewrite/capability.ts';
import { HIDDEN, KEPT, sameFate } from '../rewrite/folders.ts';
import type { Answer, Question } from '../rewrite/question.ts';
import { FAILED, type ThreadAnswer, type ToThread } from './protocol.ts';

export type OnError = 'pass' | 'hide';

/** The answer without the script. Encryption is never hidden: it is the listener's default (contract §4). */
export function withoutScript(question: Question, onError: OnError): Answer {
  switch (question.kind) {
    case 'encryption':
      return { kind: 'encryption', mode: question.mode };
    case 'capability': {
      const { capabilities } = question;
      return {
        kind: 'capability',
        capabilities: onError === 'pass' ? capabilities : essentialCapabilities(capabilities),
      };
    }
    case 'list':
      return {
        kind: 'list',
        fates: sameFate(question.folders, onError === 'pass' ? KEPT : HIDDEN),
      };
    case 'login':
    case 'command':
      return { kind: question.kind, allow: onError === 'pass', message: undefined };
    case 'greeting':
      return { kind: 'greeting', text: onError === 'pass' ? question.text : 'IMAP ready' };
    case 'id':
      return { kind: 'id', fields: onError === 'pass' ? question.fields : [] };
  }
}

const functionNames = {
  encryption: 'GetEncryption',
  capability: 'DoCapability',
  list: 'DoListResult',
  login: 'DoLogin',
  greeting: 'DoGreeting',
  id: 'DoId',
  command: 'DoCommand',
} as const;

/** Which function a question calls, as scripts and logs name it. */
export function callName(question: Question): string {
  return functionNames[question.kind];
}

/** How many calls into the script a question needs. */
export function callsOf(question: Question): number {
  return question.kind === 'list' ? question.folders.lengths.length : 1;
}

/** The question as a message, and the memory that is moved with it. The question itself stays whole, to be asked again. */
export function toThread(
  id: number,
  question: Question,
  skip: ReadonlySet<number>,
): { message: ToThread; moved: ArrayBuffer[] } {
  const { context } = question;
  switch (question.kind) {
    case 'encryption':
      return { message: { kind: 'encryption', id, context, mode: question.mode }, moved: [] };
    case 'capability':
      return { message: { kind: 'capability', id, context, capabilities: question.capabilities }, moved: [] };
    case 'list': {
      const bytes = new Uint8Array(question.folders.bytes);
      const lengths = new Uint32Array(question.folders.lengths);
      const message = {
        kind: 'list',
        id,
        context,
        folders: { bytes, lengths },
        names: question.names,
        skip: [...skip],
      } as const;
      return { message, moved: [bytes.buffer, lengths.buffer] };
    }
    default:
      throw new Error(`${question.kind} questions cannot be asked of the thread yet`);
  }
}

/** The answer to `question`, of which some calls may have failed. */
export function fromThread(question: Question, answer: ThreadAnswer, onError: OnError): Answer {
  if (question.kind === 'encryption' && answer.kind === 'encryption' && answer.mode !== undefined) {
    return { kind: 'encryption', mode: answer.mode };
  }
  if (question.kind === 'capability' && answer.kind === 'capability' && answer.capabilities !== undefined) {
    return { kind: 'capability', capabilities: answer.capabilities };
  }
  if (question.kind === 'list' && answer.kind === 'list') {
    const { bytes, lengths } = answer;
    for (let at = 0; at < lengths.length; at++) {
      if (lengths[at] === FAILED) lengths[at] = onError === 'pass' ? KEPT : HIDDEN;
    }
    return { kind: 'list', fates: { bytes, lengths } };
  }
  return withoutScript(question, onError);
}
