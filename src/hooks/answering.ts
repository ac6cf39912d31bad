/**
 * The calls that one question needs, one after the other, and the answer that they make. It runs none of them: who
 * takes them from it does, at once or with pauses, and puts the outcome into each.
 */
import { type Folders, KEPT, packFolders } from '../rewrite/folders.ts';
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

/** The calls of one question. No generator: ten thousand folders would pay for its coming and going. */
export interface Answering {
  /** The next call; to be asked for when the last one has its outcome. Undefined: there are no more. */
  next(): NextCall | undefined;
  /** What came of them all. */
  answer(): Omit<ThreadAnswer, 'took'>;
}

type ListQuestion = Extract<Question, { readonly kind: 'list' }>;

/** `last` is for the calls about folders. */
export function answering({ id, question, skip }: ToThread, last: LastStrings): Answering {
  const { kind, context } = question;
  switch (kind) {
    case 'list':
      return new FoldersListed(id, question, skip, last);
    case 'encryption':
      return new OneCall(id, new EncryptionCall(question.mode, context), (mode) => ({ kind, mode }));
    case 'capability': {
      const call = new CapabilityCall(question.capabilities, context);
      return new OneCall(id, call, (capabilities) => ({ kind, capabilities }));
    }
    case 'login':
      return new OneCall(id, new LoginCall(question.user, context), (may) => ({ kind, ...may }));
    case 'greeting':
      return new OneCall(id, new GreetingCall(question.text, context), (text) => ({ kind, text }));
    case 'id':
      return new OneCall(id, new IdCall(question.fields, context), (fields) => ({ kind, fields }));
    case 'command': {
      const call = new CommandCall(question.verb, question.arguments, context);
      return new OneCall(id, call, (may) => ({ kind, ...may }));
    }
  }
}

/** A question that needs one call. */
class OneCall<Value> implements Answering {
  readonly #id: number;
  readonly #call: ScriptCall<Value>;
  readonly #answerOf: (value: Value) => Answer;
  #made = false;

  constructor(id: number, call: ScriptCall<Value>, answerOf: (value: Value) => Answer) {
    this.#id = id;
    this.#call = call;
    this.#answerOf = answerOf;
  }

  next(): NextCall | undefined {
    if (this.#made) return undefined;
    this.#made = true;
    return { call: this.#call, index: 0 };
  }

  answer(): Omit<ThreadAnswer, 'took'> {
    const faults = new Faults();
    const value = faults.none(this.#call.outcome!);
    const answer = value === undefined ? undefined : this.#answerOf(value);
    return { id: this.#id, answer, failures: faults.all, failed: faults.count };
  }
}

/** A call for each folder, and another one where it has a former name. */
class FoldersListed implements Answering {
  readonly #id: number;
  readonly #folders: Folders;
  readonly #skip: readonly number[];
  readonly #faults = new Faults();
  readonly #marks: Int32Array<ArrayBuffer>;
  readonly #changed: Uint8Array[] = [];
  readonly #call: FolderCall;
  /** One object for all of them. */
  readonly #next: { readonly call: FolderCall; index: number };
  #asked: 'nothing' | 'folder' | 'old name' = 'nothing';
  /** The call for the former name of the folder, and what becomes of the folder otherwise. */
  #oldName: { readonly call: OldNameCall; readonly listed: ListedFolder } | undefined;
  #offset = 0;

  constructor(id: number, { folders, names }: ListQuestion, skip: readonly number[], last: LastStrings) {
    this.#id = id;
    this.#folders = folders;
    this.#skip = skip;
    this.#marks = new Int32Array(folders.lengths.length);
    this.#call = new FolderCall(last);
    this.#call.names = names;
    this.#next = { call: this.#call, index: -1 };
  }

  next(): NextCall | undefined {
    const oldName = this.#settle();
    if (oldName !== undefined) return oldName;
    const { bytes, lengths } = this.#folders;
    for (let at = this.#next.index + 1; at < lengths.length; at++) {
      const end = this.#offset + lengths[at]!;
      this.#call.response = bytes.subarray(this.#offset, end);
      this.#offset = end;
      this.#next.index = at;
      if (!this.#skip.includes(at)) {
        this.#asked = 'folder';
        return this.#next;
      }
      this.#marks[at] = FAILED;
    }
    return undefined;
  }

  /** Takes the outcome of the last call; the folder's former name is a name too, and one that the script hides is not told. */
  #settle(): NextCall | undefined {
    const asked = this.#asked;
    this.#asked = 'nothing';
    if (asked === 'folder') {
      const { response, names, outcome, mayNameAnother } = this.#call;
      const listed = this.#faults.none(outcome!);
      if (listed !== undefined && mayNameAnother) {
        const call = OldNameCall.of(listed === KEPT ? response : (listed as Uint8Array), names);
        if (call !== undefined) {
          this.#asked = 'old name';
          this.#oldName = { call, listed };
          return { call, index: this.#next.index };
        }
      }
      this.#mark(listed);
    } else if (asked === 'old name') {
      const { call, listed } = this.#oldName!;
      const fate = this.#faults.none(call.outcome!);
      this.#mark(fate === 'hidden' ? call.without() : fate && listed);
    }
    return undefined;
  }

  #mark(listed: ListedFolder | undefined): void {
    if (listed instanceof Uint8Array) this.#changed.push(listed);
    this.#marks[this.#next.index] =
      listed === undefined ? FAILED : listed instanceof Uint8Array ? listed.length : listed;
  }

  answer(): Omit<ThreadAnswer, 'took'> {
    const fates = { bytes: packFolders(this.#changed).bytes, lengths: this.#marks };
    const { all: failures, count: failed } = this.#faults;
    return { id: this.#id, answer: { kind: 'list', fates }, failures, failed };
  }
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
