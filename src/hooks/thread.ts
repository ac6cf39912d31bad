/**
 * The script's thread: opens the script, then answers one question after the other; where scripts may use HTTP, it
 * answers others while one waits. It is the only place that runs Lua, it knows no session and no `onError`, and it may
 * be ended at any moment.
 */
import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import fengari from 'fengari';
import { answering } from './answering.ts';
import { CallClock } from './call-clock.ts';
import { Caller } from './caller.ts';
import type { LogLevel } from './library/library.ts';
import { KEPT_STRINGS, PRINTED_LINES, UNWEIGHED } from './limits.ts';
import { literal, popError, scriptText, Traces } from './lua-state.ts';
import { requireFrom } from './modules.ts';
import { Pauses } from './pauses.ts';
import type { FromThread, ThreadAnswer, ThreadStart, ToThread } from './protocol.ts';
import { openSandbox } from './sandbox.ts';
import { packAnswer, type QuestionRow, unpackQuestion } from './wire.ts';

const { lua, lauxlib } = fengari;
const port = parentPort!;
let printed = 0;
/** Milliseconds of work since the strings that the script keeps were weighed. */
let unweighed = 0;

function send(message: FromThread): void {
  port.postMessage(message);
}

/** A script that prints in a loop would fill the log long before its deadline. */
function print(text: string, level: LogLevel): void {
  printed++;
  if (printed <= PRINTED_LINES) send({ kind: 'printed', text, level });
  else if (printed === PRINTED_LINES + 1)
    send({ kind: 'printed', text: '… (the script prints more than is logged)', level });
}

function openScript(
  start: ThreadStart,
  modules: Map<string, Uint8Array>,
): Caller | { readonly fault: string } {
  const clock = new CallClock(start.clock);
  const traces = new Traces();
  const pauses = new Pauses();
  const state = openSandbox({
    print,
    settings: start.settings,
    http: start.http && { settings: start.http, pauses },
    require: requireFrom(start.folder, modules),
    failing: (failed, level) => traces.note(failed, level),
  });
  const text = scriptText(start.source);
  clock.begin(0, 0);
  let status = lauxlib.luaL_loadbufferx(state, text, text.length, literal(`@${start.name}`), literal('t'));
  if (status === lua.LUA_OK) status = lua.lua_pcall(state, 0, 0, 1);
  clock.end();
  if (status !== lua.LUA_OK) return { fault: popError(state, start.name) };
  return Caller.in(state, { clock, script: start.name, traces, pauses });
}

/** Everything that one question asks, at once. */
function answer(caller: Caller, asked: ToThread): Omit<ThreadAnswer, 'took'> {
  const calls = answering(asked, caller.lastStrings);
  caller.begin(asked.id, asked.question.context);
  for (;;) {
    const next = calls.next();
    if (next === undefined) return calls.answer();
    caller.run(next.call, next.index);
  }
}

/** The same where a call may wait: others are answered meanwhile. */
async function answerWithPauses(caller: Caller, asked: ToThread): Promise<Omit<ThreadAnswer, 'took'>> {
  const calls = answering(asked, caller.lastStrings);
  for (;;) {
    const next = calls.next();
    if (next === undefined) return calls.answer();
    await caller.runWithPauses(next.call, next.index, asked.id, asked.question.context);
  }
}

async function answerOne(caller: Caller, asked: ToThread): Promise<void> {
  const began = performance.now();
  printed = 0;
  give(mayWait ? await answerWithPauses(caller, asked) : answer(caller, asked), began);
}

function give(answered: Omit<ThreadAnswer, 'took'>, began: number): void {
  const { id, answer: given, failures, failed } = answered;
  const took = performance.now() - began;
  const moved =
    given?.kind === 'list' ? [given.fates.bytes.buffer as ArrayBuffer, given.fates.lengths.buffer] : [];
  port.postMessage(packAnswer({ id, answer: given, failures, failed, took }), moved);
  unweighed += took;
  if (unweighed < UNWEIGHED) return;
  unweighed = 0;
  if (getHeapStatistics().external_memory <= KEPT_STRINGS) return;
  const message = `the script keeps more than ${KEPT_STRINGS} bytes of strings between two calls`;
  send({ kind: 'leaving', message });
  process.exit(0);
}

/** The first message: which script this thread is for. */
function open(start: ThreadStart): Caller | undefined {
  const modules = new Map(start.modules);
  const opened = openScript(start, modules);
  if ('fault' in opened) {
    send({ kind: 'fault', message: opened.fault, modules });
    port.close();
    return undefined;
  }
  send({ kind: 'ready', defines: opened.defines, modules });
  return opened;
}

let caller: Caller | undefined;
/** Calls in coroutines cost more, so only scripts that may use HTTP have them. */
let mayWait = false;
port.on('message', (message: ThreadStart | QuestionRow) => {
  if ('clock' in message) {
    mayWait = message.http !== undefined;
    caller = open(message);
  } else if (caller !== undefined) void answerOne(caller, unpackQuestion(message));
});
