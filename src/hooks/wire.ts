/**
 * Questions and answers on their way between the threads: as flat rows. Objects within objects would cost more to copy
 * than the script to run, for the names in them are written, read and looked up again each time (decision 9).
 */
import type { Folders } from '../rewrite/folders.ts';
import type {
  Answer,
  EncryptionMode,
  HookContext,
  IdField,
  NameEncoding,
  Question,
} from '../rewrite/question.ts';
import type { Failure, ThreadAnswer, ToThread } from './protocol.ts';

type Context = readonly [
  session: string,
  client: string,
  server: string,
  serverport: number,
  tls: boolean,
  user: string | undefined,
  command: HookContext['command'],
];

type Asked =
  | readonly [kind: 'encryption', mode: EncryptionMode]
  | readonly [kind: 'capability' | 'greeting' | 'login', text: string]
  | readonly [kind: 'id', fields: readonly IdField[]]
  | readonly [kind: 'command', verb: string, rest: string]
  | readonly [kind: 'list', folders: Folders, names: NameEncoding, skip: readonly number[]];

type Answered =
  | readonly [kind: 'none']
  | readonly [kind: 'encryption', mode: EncryptionMode]
  | readonly [kind: 'capability' | 'greeting', text: string]
  | readonly [kind: 'id', fields: readonly IdField[]]
  | readonly [kind: 'login' | 'command', allow: boolean, message: string | undefined]
  | readonly [kind: 'list', fates: Extract<Answer, { kind: 'list' }>['fates']];

export type QuestionRow = readonly [id: number, ...Context, ...Asked];

/** `failures` is undefined where there are none. */
export type AnswerRow = readonly [
  id: number,
  took: number,
  failed: number,
  failures: readonly Failure[] | undefined,
  ...Answered,
];

export function packQuestion({ id, question, skip }: ToThread): QuestionRow {
  const { session, client, server, serverport, tls, user, command } = question.context;
  return [id, session, client, server, serverport, tls, user, command, ...askedIn(question, skip)];
}

function askedIn(question: Question, skip: readonly number[]): Asked {
  const { kind } = question;
  switch (kind) {
    case 'encryption':
      return [kind, question.mode];
    case 'capability':
      return [kind, question.capabilities];
    case 'greeting':
      return [kind, question.text];
    case 'login':
      return [kind, question.user];
    case 'id':
      return [kind, question.fields];
    case 'command':
      return [kind, question.verb, question.arguments];
    case 'list':
      return [kind, question.folders, question.names, skip];
  }
}

export function unpackQuestion(row: QuestionRow): ToThread {
  const [id, session, client, server, serverport, tls, user, command, ...asked] = row;
  const context = { session, client, server, serverport, tls, user, command };
  return { id, question: questionIn(asked, context), skip: asked[0] === 'list' ? asked[3] : [] };
}

function questionIn(asked: Asked, context: HookContext): Question {
  switch (asked[0]) {
    case 'encryption':
      return { kind: asked[0], mode: asked[1], context };
    case 'capability':
      return { kind: asked[0], capabilities: asked[1], context };
    case 'greeting':
      return { kind: asked[0], text: asked[1], context };
    case 'login':
      return { kind: asked[0], user: asked[1], context };
    case 'id':
      return { kind: asked[0], fields: asked[1], context };
    case 'command':
      return { kind: asked[0], verb: asked[1], arguments: asked[2], context };
    case 'list':
      return { kind: asked[0], folders: asked[1], names: asked[2], context };
  }
}

export function packAnswer({ id, answer, failures, failed, took }: ThreadAnswer): AnswerRow {
  return [id, took, failed, failures.length === 0 ? undefined : failures, ...answeredIn(answer)];
}

function answeredIn(answer: Answer | undefined): Answered {
  if (answer === undefined) return ['none'];
  const { kind } = answer;
  switch (kind) {
    case 'encryption':
      return [kind, answer.mode];
    case 'capability':
      return [kind, answer.capabilities];
    case 'greeting':
      return [kind, answer.text];
    case 'id':
      return [kind, answer.fields];
    case 'login':
    case 'command':
      return [kind, answer.allow, answer.message];
    case 'list':
      return [kind, answer.fates];
  }
}

export function unpackAnswer(row: AnswerRow): ThreadAnswer {
  const [id, took, failed, failures = [], ...answered] = row;
  return { id, answer: answerIn(answered), failures, failed, took };
}

function answerIn(answered: Answered): Answer | undefined {
  switch (answered[0]) {
    case 'none':
      return undefined;
    case 'encryption':
      return { kind: answered[0], mode: answered[1] };
    case 'capability':
      return { kind: answered[0], capabilities: answered[1] };
    case 'greeting':
      return { kind: answered[0], text: answered[1] };
    case 'id':
      return { kind: answered[0], fields: answered[1] };
    case 'login':
    case 'command':
      return { kind: answered[0], allow: answered[1], message: answered[2] };
    case 'list':
      return { kind: answered[0], fates: answered[1] };
  }
}
