/**
 * The calls that one question needs, one after the other, and the answer that they make. It runs none of them: who
 * takes them from it does, at once or with pauses, and puts the outcome into each.
 */
import { type FolderFates, KEPT, packFolders } from '../rewrite/folders.ts';
import type { Answer, Question } from '../rewrite/question.ts';
import { type CallFault, isFault, type ScriptCall } from './call.ts';
import { CapabilityCall, EncryptionCall } from './connection-calls.ts';
import { FolderCall, type LastStrings, type ListedFolder, OldNameCall } from './folder-call.ts';
import { DISTINCT_FAULTS } from './limits.ts';
import { FAILED, type Failure, type ThreadAnswer, type ToThread } from './protocol.ts';
import { CommandCall, GreetingCall, IdCall, LoginCall } from './session-calls.ts';

/** A call, and the place of what it is about in the question. */
export interface NextCall {
  readonly call: ScriptCall<unknown>;
  readonly index: number;
}

type Calls<Result> = Generator<NextCall, Result, undefined>;
type ListQuestion = Extract<Question, { readonly kind: 'list' }>;

/** Yields the calls, each with its outcome to be filled in before the next one is asked for. */
export function* answering(asked: ToThread, last: LastStrings): Calls<Omit<ThreadAnswer, 'took'>> {
  const { id, question, skip } = asked;
  const faults = new Faults();
  const answer =
    question.kind === 'list'
      ? ({ kind: 'list', fates: yield* foldersListed(question, skip, last, faults) } as const)
      : yield* oneAnswer(question, faults);
  return { id, answer, failures: faults.all, failed: faults.count };
}

function* oneAnswer(question: Exclude<Question, ListQuestion>, faults: Faults): Calls<Answer | undefined> {
  const { kind, context } = question;
  switch (kind) {
    case 'encryption': {
      const mode = yield* outcomeOf(new EncryptionCall(question.mode, context), faults);
      return mode === undefined ? undefined : { kind, mode };
    }
    case 'capability': {
      const capabilities = yield* outcomeOf(new CapabilityCall(question.capabilities, context), faults);
      return capabilities === undefined ? undefined : { kind, capabilities };
    }
    case 'login': {
      const permission = yield* outcomeOf(new LoginCall(question.user, context), faults);
      return permission && { kind, ...permission };
    }
    case 'greeting': {
      const text = yield* outcomeOf(new GreetingCall(question.text, context), faults);
      return text === undefined ? undefined : { kind, text };
    }
    case 'id': {
      const fields = yield* outcomeOf(new IdCall(question.fields, context), faults);
      return fields && { kind, fields };
    }
    case 'command': {
      const call = new CommandCall(question.verb, question.arguments, context);
      const permission = yield* outcomeOf(call, faults);
      return permission && { kind, ...permission };
    }
  }
}

function* outcomeOf<Value>(call: ScriptCall<Value>, faults: Faults): Calls<Value | undefined> {
  yield { call, index: 0 };
  return faults.none(call.outcome!);
}

function* foldersListed(
  question: ListQuestion,
  skip: readonly number[],
  last: LastStrings,
  faults: Faults,
): Calls<FolderFates> {
  const { folders, names } = question;
  const { bytes, lengths } = folders;
  const call = new FolderCall(last);
  call.names = names;
  const next = { call, index: 0 };
  const marks = new Int32Array(lengths.length);
  const changed: Uint8Array[] = [];
  let offset = 0;
  for (let at = 0; at < marks.length; at++) {
    call.response = bytes.subarray(offset, offset + lengths[at]!);
    offset += call.response.length;
    if (skip.includes(at)) {
      marks[at] = FAILED;
      continue;
    }
    next.index = at;
    yield next;
    let listed: ListedFolder | undefined = faults.none(call.outcome!);
    if (listed !== undefined && call.mayNameAnother)
      listed = yield* withoutHiddenOldName(call, listed, at, faults);
    if (listed instanceof Uint8Array) changed.push(listed);
    marks[at] = listed === undefined ? FAILED : listed instanceof Uint8Array ? listed.length : listed;
  }
  return { bytes: packFolders(changed).bytes, lengths: marks };
}

/** The former name of a folder is a folder's name as well: one that the script hides is not told. */
function* withoutHiddenOldName(
  { response, names }: FolderCall,
  listed: ListedFolder,
  index: number,
  faults: Faults,
): Calls<ListedFolder | undefined> {
  const call = OldNameCall.of(listed === KEPT ? response : (listed as Uint8Array), names);
  if (call === undefined) return listed;
  yield { call, index };
  const fate = faults.none(call.outcome!);
  if (fate === undefined) return undefined;
  return fate === 'hidden' ? call.without() : listed;
}

/** What failed in one question: a script that fails for ten thousand folders mostly has one thing to say. */
class Faults {
  count = 0;
  readonly #failures: Map<string, { -readonly [Key in keyof Failure]: Failure[Key] }> = new Map();

  get all(): Failure[] {
    return [...this.#failures.values()];
  }

  /** The outcome of a call, undefined for one that failed, which is noted. */
  none<Value>(outcome: Value | CallFault): Value | undefined {
    if (!isFault(outcome)) return outcome;
    this.count++;
    const { fault: message, place, arguments: given, traceback } = outcome;
    const known = this.#failures.get(place);
    if (known !== undefined) known.count++;
    else if (this.#failures.size < DISTINCT_FAULTS)
      this.#failures.set(place, { message, place, arguments: given, traceback, count: 1 });
    return undefined;
  }
}
