/**
 * The script's thread: opens the script, then answers one question after the other. It is the only place that
 * runs Lua, it knows no session and no `onError`, and it may be ended at any moment.
 */
import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { packFolders } from '../rewrite/folders.ts';
import { CallClock } from './call-clock.ts';
import { type CallFault, ScriptCalls } from './calls.ts';
import { KEPT_STRINGS, PRINTED_LINES } from './limits.ts';
import { literal, popError, scriptText } from './lua-state.ts';
import { requireFrom } from './modules.ts';
import {
  FAILED,
  type Failure,
  type FromThread,
  type ThreadAnswer,
  type ThreadStart,
  type ToThread,
} from './protocol.ts';
import { fengari } from './quick-fengari.ts';
import { openSandbox } from './sandbox.ts';

const { lua, lauxlib } = fengari;
const port = parentPort!;
let printed = 0;

function send(message: FromThread, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}

/** A script that prints in a loop would fill the log long before its deadline. */
function print(text: string): void {
  printed++;
  if (printed <= PRINTED_LINES) send({ kind: 'printed', text });
  else if (printed === PRINTED_LINES + 1)
    send({ kind: 'printed', text: '… (the script prints more than is logged)' });
}

function openScript(start: ThreadStart, modules: Map<string, Uint8Array>): ScriptCalls | CallFault {
  const clock = new CallClock(start.clock);
  const state = openSandbox({ print, require: requireFrom(start.folder, modules) });
  const text = scriptText(start.source);
  clock.begin(0, 0);
  let status = lauxlib.luaL_loadbufferx(state, text, text.length, literal(`@${start.name}`), literal('t'));
  if (status === lua.LUA_OK) status = lua.lua_pcall(state, 0, 0, 1);
  clock.end();
  if (status !== lua.LUA_OK) return { fault: popError(state, start.name) };
  return ScriptCalls.in(state, clock, start.name);
}

/** Everything that one question asks, and the memory that goes with the answer. */
function answer(calls: ScriptCalls, asked: ToThread): { answer: ThreadAnswer; moved: ArrayBuffer[] } {
  const { id, context } = asked;
  calls.begin(id, context);
  switch (asked.kind) {
    case 'encryption': {
      const { value: mode, failure } = settled(calls.encryption(asked.mode, context));
      return { answer: { kind: 'encryption', id, failure, mode }, moved: [] };
    }
    case 'capability': {
      const { value: capabilities, failure } = settled(calls.capability(asked.capabilities, context));
      return { answer: { kind: 'capability', id, failure, capabilities }, moved: [] };
    }
    case 'list': {
      const { changed, marks, failure } = listFolders(calls, asked);
      const { bytes } = packFolders(changed);
      return {
        answer: { kind: 'list', id, failure, bytes, lengths: marks },
        moved: [bytes.buffer, marks.buffer],
      };
    }
  }
}

function settled<T extends string | number>(
  result: T | CallFault,
): { value: T | undefined; failure: Failure | undefined } {
  if (typeof result !== 'object') return { value: result, failure: undefined };
  return { value: undefined, failure: { message: result.fault, count: 1 } };
}

function listFolders(
  calls: ScriptCalls,
  asked: ToThread & { kind: 'list' },
): { changed: Uint8Array[]; marks: Int32Array<ArrayBuffer>; failure: Failure | undefined } {
  const { bytes, lengths } = asked.folders;
  const marks = new Int32Array(lengths.length);
  const changed: Uint8Array[] = [];
  let message = '';
  let count = 0;
  let offset = 0;
  for (let at = 0; at < marks.length; at++) {
    const response = bytes.subarray(offset, offset + lengths[at]!);
    offset += response.length;
    if (asked.skip.includes(at)) {
      marks[at] = FAILED;
      continue;
    }
    const listed = calls.list(response, asked.names, at);
    if (typeof listed === 'number') {
      marks[at] = listed;
    } else if (listed instanceof Uint8Array) {
      marks[at] = listed.length;
      changed.push(listed);
    } else {
      marks[at] = FAILED;
      message ||= listed.fault;
      count++;
    }
  }
  return { changed, marks, failure: count === 0 ? undefined : { message, count } };
}

/** The first message: which script this thread is for. */
function open(start: ThreadStart): ScriptCalls | undefined {
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

function answerOne(calls: ScriptCalls, asked: ToThread): void {
  printed = 0;
  const { answer: given, moved } = answer(calls, asked);
  send({ kind: 'answer', answer: given }, moved);
  if (getHeapStatistics().external_memory <= KEPT_STRINGS) return;
  const message = `the script keeps more than ${KEPT_STRINGS} bytes of strings between two calls`;
  send({ kind: 'leaving', message });
  process.exit(0);
}

let calls: ScriptCalls | undefined;
port.on('message', (message: ThreadStart | ToThread) => {
  if ('clock' in message) calls = open(message);
  else if (calls !== undefined) answerOne(calls, message);
});
