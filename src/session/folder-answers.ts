/**
 * The answers to LIST, LSUB and XLIST on their way through the script, with what belongs to them (STATUS and its
 * kin, P24). What always holds: they leave in the order they came, and nothing of a hidden folder leaves.
 */
import {
  type Framer,
  isListVerb,
  type LineMarks,
  type LineSegment,
  type ResponseHead,
} from '../imap-parser-lite/index.ts';
import {
  applyFates,
  countHidden,
  type FolderFates,
  type Folders,
  KEPT,
  sameFate,
  unpackFolders,
} from '../rewrite/folders.ts';
import { namedMailbox, tellsDelimiter } from '../rewrite/list.ts';
import type { HookContext } from '../rewrite/question.ts';
import type { Conversation } from './conversation.ts';
import type { Enforcement } from './enforcement.ts';
import { FolderBatch } from './folder-batch.ts';
import { mayBelongToFolder } from './in-flight.ts';
import { folderVerb, nothing, numbered, numberedOrFolder } from './runs.ts';

type UntaggedHead = Extract<ResponseHead, { kind: 'untagged' }>;

export class FolderAnswers {
  readonly #conversation: Conversation;
  readonly #enforcement: Enforcement | undefined;
  /** Most sessions list their folders once, and many never. */
  #batch: FolderBatch | undefined;
  /** The verb of the batch's responses, for the script's context. */
  #verb: HookContext['command'];

  constructor(conversation: Conversation, enforcement: Enforcement | undefined) {
    this.#conversation = conversation;
    this.#enforcement = enforcement;
  }

  /** Nothing waits for the script. */
  get isEmpty(): boolean {
    return this.#batch?.isEmpty ?? true;
  }

  get isFull(): boolean {
    return this.#batch?.isFull ?? false;
  }

  /** The responses that go straight to the client now, whatever stands in them. */
  get passing(): LineMarks {
    if (!this.isEmpty || this.#batch?.hidesSome) return nothing;
    return this.#looksAtFolders ? numbered : numberedOrFolder;
  }

  /** What was asked for the enforcement is awaited there, even if the script that it was asked for is gone. */
  get #looksAtFolders(): boolean {
    return this.#conversation.settings.hooks.defines.list || this.#enforcement?.asksForFolders === true;
  }

  /** Takes as many folders as stand at the front of the framer, each a line; false: none. */
  takeRun(framer: Framer): boolean {
    const { inFlight } = this.#conversation;
    if (!this.#looksAtFolders || inFlight.oldestList()?.asksDelimiter === true) return false;
    this.#batch ??= new FolderBatch();
    const { room } = this.#batch;
    const lengths: number[] = [];
    let verb = this.isEmpty ? undefined : this.#verb;
    const run = framer.nextRun((bytes, start, end) => {
      const own = folderVerb(bytes, start, end);
      verb ??= own;
      if (own === undefined || own !== verb || lengths.length >= room) return false;
      lengths.push(end - start);
      return true;
    });
    if (run === undefined) return false;
    this.#verb = verb;
    this.#batch.addFolders(run, lengths);
    return true;
  }

  /** Whether what waits has to be asked about before such a folder: the script is told of one verb at a time. */
  mustGoBefore({ word }: UntaggedHead): boolean {
    return isListVerb(word) && word !== this.#verb && this.#batch?.hasFolders === true;
  }

  /** Whether a response of this head that begins with `line` is to be collected for `add`. */
  takes(head: UntaggedHead, line: LineSegment): boolean {
    if (isListVerb(head.word)) return this.#looksAtFolders && !this.#isDelimiter(line);
    return mayBelongToFolder(head.word) && (!this.isEmpty || this.#batch?.hidesSome === true);
  }

  #isDelimiter(line: LineSegment): boolean {
    // What we asked for ourselves is not for the client, this neither.
    if (this.#enforcement?.asksForFolders) return false;
    const asked = this.#conversation.inFlight.oldestList()?.asksDelimiter === true;
    return line.literal === undefined && tellsDelimiter(line.bytes, asked);
  }

  /** Adds one whole response; false: it does not belong here. */
  add(response: Uint8Array, head: ResponseHead): boolean {
    if (head.kind !== 'untagged') return false;
    this.#batch ??= new FolderBatch();
    if (isListVerb(head.word)) {
      if (tellsDelimiter(response, false)) return this.#enforcement?.asksForFolders === true;
      this.#verb = head.word;
      this.#batch.addFolder(response);
      return true;
    }
    if (!mayBelongToFolder(head.word)) return false;
    const mailbox = namedMailbox(response, this.#conversation.names);
    const asked = mailbox === undefined || this.#conversation.inFlight.isAskedFor(head.word, mailbox);
    this.#batch.addCompanion(response, asked ? '' : mailbox);
    return true;
  }

  /** Asks the script about what is here, or sends it where it holds no folder. */
  finish(): void {
    if (this.#batch === undefined || this.#batch.isEmpty) return;
    const folders = this.#batch.folders();
    if (!this.#batch.hasFolders) {
      this.#answered(folders, sameFate(folders, KEPT));
      return;
    }
    const { names } = this.#conversation;
    const context = this.#conversation.context(this.#verb);
    this.#conversation.ask('upstream', { kind: 'list', folders, names, context }, (answer) => {
      if (answer.kind === 'list') this.#answered(folders, answer.fates);
    });
  }

  #answered(folders: Folders, fates: FolderFates): void {
    const { names, inFlight } = this.#conversation;
    const batch = this.#batch!;
    const enforcement = this.#enforcement;
    if (enforcement?.asksForFolders) {
      // What we asked for ourselves is not for the client.
      enforcement.foldersAnswered(unpackFolders(folders), applyFates(folders, fates));
      batch.clear();
      return;
    }
    const leaving = enforcement ? enforcement.correctedFates(folders, fates) : fates;
    this.#conversation.foldersHidden += countHidden(leaving);
    this.#conversation.toClient(batch.release(leaving, names, inFlight.lists));
  }

  /** A command was answered: without a LIST in flight no more comes that belongs to hidden folders. */
  commandAnswered(): void {
    if (this.#batch?.hidesSome) this.#batch.answered(this.#conversation.inFlight.lists);
  }
}
