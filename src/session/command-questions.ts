/**
 * What a script is asked about a command that the gate would let through: who logs in (`DoLogin`), whether it may pass
 * (`DoCommand`), what a client says of itself (`DoId`). What always holds: each is asked once, with the line that
 * would go up decided already, so that nothing is asked about what cannot pass; and no credential is in a question.
 */
import {
  type CommandHead,
  endOfText,
  fullVerb,
  type LineSegment,
  latin1,
} from '../imap-parser-lite/index.ts';
import { identificationFields, withFields } from '../rewrite/identification.ts';
import { isListedCommand } from '../rewrite/question.ts';
import { refusalText } from '../rewrite/refusal-text.ts';
import type { Conversation } from './conversation.ts';
import type { Decision, Send } from './decision.ts';
import {
  asksAboutLogins,
  checkLogin,
  loginQuestion,
  refuseUnreadable,
  replyToLogin,
} from './login-question.ts';

/** What becomes of a command once the script has been asked; `line` is its first line as the client sent it. */
export function asked(
  conversation: Conversation,
  head: CommandHead,
  line: LineSegment,
  send: Send,
): Decision {
  const hooks = conversation.settings.hooks.defines;
  if (head.verb === 'LOGIN' || head.verb === 'AUTHENTICATE')
    return asksAboutLogins(conversation) ? askLogin(conversation, head, line, send) : send;
  const next = head.verb === 'ID' && hooks.id ? askIdentification(conversation, head, send) : send;
  return hooks.command ? askCommand(conversation, head, line, next) : next;
}

function askLogin(conversation: Conversation, head: CommandHead, line: LineSegment, send: Send): Decision {
  const check = checkLogin(head, line);
  switch (check.kind) {
    case 'ask':
      return {
        kind: 'ask',
        question: loginQuestion(conversation, check.login),
        decide: (answer) => {
          const reply = replyToLogin(conversation, check.login, answer);
          return reply === undefined ? send : { kind: 'refuse', reply };
        },
      };
    case 'later':
      return send;
    case 'take-literal':
      return check;
    case 'unreadable':
      return { kind: 'refuse', reply: refuseUnreadable(conversation, check.mechanism) };
  }
}

/** `next` is what becomes of the command if it is allowed. */
function askCommand(
  conversation: Conversation,
  head: CommandHead,
  line: LineSegment,
  next: Decision,
): Decision {
  const { commandsAsked = [] } = conversation.settings;
  if (commandsAsked.length === 0) return next;
  const { verb, arguments: at } = fullVerb(head, line.bytes);
  // A server that reads such a line more leniently would find a command in it that nobody was asked about.
  if (verb === 'UID') return { kind: 'refuse', reply: 'BAD Invalid UID command' };
  if (!isListedCommand(commandsAsked, verb)) return next;
  // Of a line that does not come whole, the script would judge by a part.
  if (!line.complete) return { kind: 'refuse', reply: 'BAD Too long' };
  const text = at === undefined ? '' : latin1(line.bytes, at, endOfText(line.bytes));
  const context = conversation.context(undefined);
  return {
    kind: 'ask',
    question: { kind: 'command', verb, arguments: text, context },
    decide: (answer) => {
      if (answer.kind !== 'command') throw new Error(`a command was answered by ${answer.kind}`);
      if (answer.allow) return next;
      const reply = `NO ${refusalText(answer.message, '[NOPERM] This command is not allowed here')}`;
      return { kind: 'refuse', reply };
    },
  };
}

function askIdentification(conversation: Conversation, head: CommandHead, send: Send): Decision {
  const { bytes } = send.line;
  const at = head.arguments;
  const fields = at === undefined ? undefined : identificationFields(bytes, at);
  if (at === undefined || fields === undefined) return send;
  return {
    kind: 'ask',
    question: { kind: 'id', fields, context: conversation.context(undefined) },
    decide: (answer) => {
      if (answer.kind !== 'id') throw new Error(`ID was answered by ${answer.kind}`);
      return { ...send, line: { ...send.line, bytes: withFields(bytes, at, fields, answer.fields) } };
    },
  };
}
