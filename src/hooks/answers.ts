/**
 * From a question to what crosses to the thread, and from what came back to an answer. What is missing of an
 * answer, because its call failed or was never made, is filled in here as `onError` says.
 */
import { essentialCapabilities } from '../rewrite/capability.ts';
import { HIDDEN, KEPT, sameFate } from '../rewrite/folders.ts';
import type { Answer, Question } from '../rewrite/question.ts';
import { functionNames } from './names.ts';
import { FAILED, type ToThread } from './protocol.ts';

export type OnError = 'pass' | 'hide';

/** The answer without the script. Encryption is never hidden: it is the listener's default. */
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
  if (question.kind !== 'list') return { message: { id, question, skip: [] }, moved: [] };
  const bytes = new Uint8Array(question.folders.bytes);
  const lengths = new Uint32Array(question.folders.lengths);
  const asked = { ...question, folders: { bytes, lengths } };
  return { message: { id, question: asked, skip: [...skip] }, moved: [bytes.buffer, lengths.buffer] };
}

/** The answer to `question`, of which some calls may have failed. */
export function fromThread(question: Question, answer: Answer | undefined, onError: OnError): Answer {
  if (answer === undefined) return withoutScript(question, onError);
  if (answer.kind !== 'list') return answer;
  const { lengths } = answer.fates;
  for (let at = 0; at < lengths.length; at++) {
    if (lengths[at] === FAILED) lengths[at] = onError === 'pass' ? KEPT : HIDDEN;
  }
  return answer;
}
