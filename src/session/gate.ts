/**
 * May this command pass? Everything that a client begins comes through here once its tag is free. The one thing
 * that always holds: what is let through names no mailbox and uses no capability that it should not, and says
 * nothing of the client that only a proxy may say.
 */
import {
  type CommandHead,
  fullVerb,
  type LineSegment,
  latin1,
  QUOTE,
  startOfOpenString,
} from '../imap-parser-lite/index.ts';
import { withoutForwardedFields } from '../rewrite/identification.ts';
import { asked } from './command-questions.ts';
import type { Conversation } from './conversation.ts';
import type { Decision } from './decision.ts';
import type { Enforcement } from './enforcement.ts';
import * as limits from './limits.ts';
import { mayBeMisread } from './misread-arguments.ts';
import { refusalOf } from './refusals.ts';

export class Gate {
  readonly #conversation: Conversation;
  readonly #enforcement: Enforcement | undefined;

  constructor(conversation: Conversation, enforcement: Enforcement | undefined) {
    this.#conversation = conversation;
    this.#enforcement = enforcement;
  }

  /** `line` is the command's first line. */
  decide(head: CommandHead, line: LineSegment): Decision {
    const decision = this.#decide(head, line);
    return decision.kind === 'send' ? asked(this.#conversation, head, line, decision) : decision;
  }

  #decide(head: CommandHead, line: LineSegment): Decision {
    const misplaced = misplacedLiteral(head, line) ?? openString(line);
    if (misplaced !== undefined) return { kind: 'refuse', reply: misplaced };
    const { verb, arguments: start = line.bytes.length } = fullVerb(head, line.bytes);
    if (mayBeMisread(verb, line, start))
      return { kind: 'refuse', reply: 'BAD Arguments that cannot be read' };
    const refusal = head.verb === 'STARTTLS' ? undefined : refusalOf(head, line.bytes, this.#conversation);
    if (refusal !== undefined) return { kind: 'refuse', reply: refusal };
    if (head.verb === 'ID' && head.arguments !== undefined) return this.#identify(head, line, head.arguments);
    return this.#judge(head, line);
  }

  /** What a client says of itself goes up without what only a proxy may say (P28). */
  #identify(head: CommandHead, line: LineSegment, at: number): Decision {
    if (line.literal !== undefined) return takeLiteral(line);
    const bytes = line.complete ? withoutForwardedFields(line.bytes, at) : undefined;
    if (bytes === undefined) return { kind: 'refuse', reply: 'BAD Invalid ID' };
    return this.#judge(head, { ...line, bytes });
  }

  #judge(head: CommandHead, line: LineSegment): Decision {
    const judgement = this.#enforcement?.judge(head, line);
    switch (judgement?.kind) {
      case 'refuse':
        return judgement;
      case 'unknown':
        return { kind: 'learn' };
      case 'name-follows':
        return takeLiteral(line);
      case 'replace':
        return { kind: 'send', line: { ...line, bytes: judgement.line }, veil: judgement.veil };
      default:
        return head.verb === 'STARTTLS' ? { kind: 'starttls' } : { kind: 'send', line, veil: undefined };
    }
  }
}

/**
 * IDLE and AUTHENTICATE are answered by `+` as well, and so is a literal: behind `IDLE {9}` one could be taken for
 * the other, and what was announced as data would be read as commands. So neither has a literal.
 */
function misplacedLiteral(head: CommandHead, line: LineSegment): string | undefined {
  if (head.verb !== 'IDLE' && head.verb !== 'AUTHENTICATE') return undefined;
  return line.complete && line.literal === undefined ? undefined : 'BAD Unexpected arguments';
}

/**
 * Dovecot takes what stands behind `a APPEND INBOX "` for the next command, when the quotes are not closed: it would be
 * one that nobody has looked at.
 */
function openString({ bytes, complete }: LineSegment): string | undefined {
  if (!complete || !bytes.includes(QUOTE)) return undefined;
  return startOfOpenString(latin1(bytes)) === undefined ? undefined : 'BAD A quoted string is not closed';
}

function takeLiteral({ bytes, literal }: LineSegment): Decision {
  const fits = literal !== undefined && bytes.length + literal.size <= limits.takenLine;
  return fits ? { kind: 'take-literal', literal } : { kind: 'refuse', reply: 'BAD Too long' };
}
