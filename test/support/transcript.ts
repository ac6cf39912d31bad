/**
 * Runs a session by transcript. Lines that begin `C: ` and `S: ` are what client and server send; `U: ` and
 * `P: ` are what the proxy must send to the server and to the client; `! ` an effect; `> ` an event
 * (`> client-secured`). Each line ends in CRLF unless it ends in `\` (then it does not).
 */
import assert from 'node:assert/strict';
import { concat, latin1, NO_BYTES } from '../../src/imap-parser-lite/index.ts';
import { fatesOf, unpackFolders } from '../../src/rewrite/folders.ts';
import { readFolder, writeFolder } from '../../src/rewrite/list.ts';
import { oldName, withoutOldName } from '../../src/rewrite/old-name.ts';
import type { Answer, Question } from '../../src/rewrite/question.ts';
import type { SessionSettings } from '../../src/session/conversation.ts';
import type { Effect, Login } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { escapeBytes, unescapeBytes } from './cases.ts';
import { askedAnswer, scriptedFields, scriptedGreetings } from './scripted-answers.ts';

type Step =
  | { readonly kind: 'send'; readonly from: 'C' | 'S'; readonly bytes: Uint8Array }
  | { readonly kind: 'event'; readonly name: string };

interface Exchange {
  readonly step: Step;
  readonly expected: Observed;
}

interface Observed {
  toClient: string;
  toUpstream: string;
  effects: string[];
}

/** How to cut what is sent: whole, byte by byte, or in two at a place counted from the start of each piece. */
export type Cut = 'whole' | 'bytes' | number;

export function parseTranscript(text: string): Exchange[] {
  const exchanges: Exchange[] = [];
  let lastFrom = '';
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const mark = line.slice(0, 1);
    const rest = line.slice(3);
    if (mark === 'C' || mark === 'S') {
      const bytes = lineBytes(rest);
      const last = exchanges.at(-1);
      if (last?.step.kind === 'send' && lastFrom === mark) {
        exchanges[exchanges.length - 1] = {
          ...last,
          step: { ...last.step, bytes: concat([last.step.bytes, bytes]) },
        };
      } else {
        exchanges.push({ step: { kind: 'send', from: mark, bytes }, expected: emptyObserved() });
      }
      lastFrom = mark;
      continue;
    }
    lastFrom = mark;
    if (mark === '>')
      exchanges.push({ step: { kind: 'event', name: line.slice(2) }, expected: emptyObserved() });
    const expected = exchanges.at(-1)!.expected;
    if (mark === 'P') expected.toClient += escapeBytes(lineBytes(rest));
    if (mark === 'U') expected.toUpstream += escapeBytes(lineBytes(rest));
    if (mark === '!') expected.effects.push(line.slice(2));
  }
  return exchanges;
}

function lineBytes(text: string): Uint8Array {
  if (text.endsWith('\\')) return unescapeBytes(text.slice(0, -1));
  return concat([unescapeBytes(text), Uint8Array.of(13, 10)]);
}

function emptyObserved(): Observed {
  return { toClient: '', toUpstream: '', effects: [] };
}

export interface TranscriptOptions {
  readonly settings: SessionSettings;
  readonly answer: (question: Question) => Answer;
  readonly cut: Cut;
}

/** Replays the exchanges and asserts after each what the proxy sent and wanted. */
export function replay(exchanges: readonly Exchange[], { settings, answer, cut }: TranscriptOptions): void {
  const session = new Session(settings);
  const observed = emptyObserved();
  let question: Question | undefined;
  let holding = false;

  /** `borrowed` is memory that is used again as soon as the effects are done. */
  const take = (effects: readonly Effect[], borrowed?: Uint8Array): void => {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'write-client':
          observed.toClient += escapeBytes(effect.bytes);
          break;
        case 'write-upstream':
          observed.toUpstream += escapeBytes(effect.bytes);
          break;
        case 'ask':
          assert.equal(question, undefined, 'a second question while one is open');
          question = effect.question;
          break;
        default:
          observed.effects.push(describeEffect(effect));
      }
    }
    borrowed?.fill(0xff);
    if (question !== undefined && !holding) {
      const asked = question;
      question = undefined;
      take(session.answered(answer(asked)));
    }
  };

  exchanges.forEach(({ step, expected }, at) => {
    Object.assign(observed, emptyObserved());
    if (step.kind === 'send') {
      for (const piece of pieces(step.bytes, cut)) {
        if (step.from === 'C') take(session.fromClient(piece));
        else take(session.fromUpstream(piece), piece);
      }
    } else if (step.name === 'hold') {
      holding = true;
    } else if (step.name === 'release') {
      holding = false;
      take([]);
    } else {
      take(event(session, step.name));
    }
    const sent = step.kind === 'send' ? `${step.from}: ${escapeBytes(step.bytes)}` : `> ${step.name}`;
    assert.deepEqual(observed, expected, `step ${at + 1} (${sent}), cut ${cut}`);
  });
}

function event(session: Session, name: string): readonly Effect[] {
  switch (name) {
    case 'start':
      return session.start();
    case 'client-secured':
      return session.clientSecured();
    case 'upstream-secured':
      return session.upstreamSecured();
    case 'upstream-closed':
      return session.upstreamClosed();
    case 'client-closed':
      return session.clientClosed();
    case 'login-timeout':
      return session.end({ code: 'login-timeout', message: 'too late' }, 'Autologout: too late');
    case 'connect-again':
      return session.connectAgain();
    case 'drain':
      return session.drain();
    default:
      throw new Error(`no such event: ${name}`);
  }
}

function* pieces(bytes: Uint8Array, cut: Cut): Generator<Uint8Array> {
  if (cut === 'bytes') {
    for (let at = 0; at < bytes.length; at++) yield bytes.slice(at, at + 1);
  } else if (cut === 'whole' || cut >= bytes.length) {
    yield bytes.slice();
  } else {
    yield bytes.slice(0, cut);
    yield bytes.slice(cut);
  }
}

function describeEffect(effect: Effect): string {
  switch (effect.kind) {
    case 'end':
      return `end ${effect.cause.code}`;
    case 'logged-in':
      return `logged-in ${effect.user ?? '-'}${whose(effect)}`;
    case 'login-failed':
      return `login-failed ${effect.user ?? '-'}${whose(effect)}${effect.code === undefined ? '' : ` [${effect.code}]`}`;
    case 'login-refused':
      return `login-refused ${effect.user ?? '-'} ${effect.mechanism ?? '-'} ${effect.by}`;
    case 'capabilities-added':
    case 'capabilities-refused':
      return `${effect.kind} ${effect.words.join(' ')}`;
    default:
      return effect.kind;
  }
}

/** Whose password it was, where it was not the user's. */
function whose({ user, passwordOf }: Login): string {
  return passwordOf === user ? '' : ` of ${passwordOf || 'nobody'}`;
}

function without(capabilities: string, port: number): string {
  const idle = capabilities.replace(' IDLE ', ' ');
  if (port === 145) return idle.replace(' STARTTLS ', ' ');
  if (port === 147) return idle.replace(/ (ESEARCH|THREAD=REFERENCES|CONDSTORE)(?= )/g, '');
  return port === 146 ? idle.replace(' IMAP4rev2 ', ' ') : idle;
}

/**
 * A stand-in for a script: hides every folder whose name ends in `Hidden` or that is \Junk, such a former name (OLDNAME), and IDLE; forces mode 3
 * on port 144, and hides STARTTLS on port 145, IMAP4rev2 on port 146, and ESEARCH and others on port 147.
 */
export function hidingScript(question: Question): Answer {
  switch (question.kind) {
    case 'encryption':
      return { kind: 'encryption', mode: question.context.serverport === 144 ? 3 : question.mode };
    case 'capability':
      return {
        kind: 'capability',
        capabilities: without(question.capabilities, question.context.serverport),
      };
    case 'list':
      return {
        kind: 'list',
        fates: fatesOf(
          question.folders,
          unpackFolders(question.folders).map((response) => {
            const folder = readFolder(response, question.names);
            assert.ok(folder, `a folder: ${escapeBytes(response)}`);
            assert.notDeepEqual(folder.name, NO_BYTES, 'the answer to LIST "" "" is no folder');
            const { attributes, extended } = folder;
            if (latin1(folder.name).endsWith('Hidden') || /\\Junk/.test(latin1(attributes))) return undefined;
            const former = latin1(oldName(folder, question.names) ?? NO_BYTES);
            const shown = former.endsWith('Hidden') ? withoutOldName(extended) : extended;
            const written = writeFolder(folder, attributes, shown);
            assert.ok(written instanceof Uint8Array);
            return written;
          }),
        ),
      };
    case 'login':
    case 'command':
      return askedAnswer(question);
    case 'greeting':
      return { kind: 'greeting', text: scriptedGreetings[question.text] ?? 'Welcome' };
    case 'id':
      return { kind: 'id', fields: scriptedFields(question.fields) };
  }
}
