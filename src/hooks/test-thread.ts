/**
 * The thread of one test file: opens the script, then runs the tests, and tells of each as it begins and ends. It may
 * be ended at any moment, as the thread of a script may.
 */
import { parentPort, workerData } from 'node:worker_threads';
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { MESSAGE_LENGTH, TEST_NAME } from './limits.ts';
import { errorToString, literal, popError, raise, scriptText } from './lua-state.ts';
import { requireFrom } from './modules.ts';
import { oneLine } from './one-line.ts';
import { openSandbox } from './sandbox.ts';
import { assertions } from './test-functions.ts';
import type { FromTests, LuaFile, TestStart } from './test-protocol.ts';

const { lua, lauxlib } = fengari;

/** Where the message handler is. */
const HANDLER = 1;

function send(message: FromTests): void {
  parentPort!.postMessage(message);
}

/** Runs a file; what is wrong with it, where something is. */
function execute(state: LuaState, { name, source }: LuaFile): string | undefined {
  const text = scriptText(source);
  let status = lauxlib.luaL_loadbufferx(state, text, text.length, literal(`@${name}`), literal('t'));
  if (status === lua.LUA_OK) status = lua.lua_pcall(state, 0, 0, HANDLER);
  return status === lua.LUA_OK ? undefined : popError(state, name);
}

/** `test(name, function)` of the file `tests`: runs the function at once. */
function testIn(tests: string): LuaFunction {
  return (state) => {
    const name = oneLine(lauxlib.luaL_checkstring(state, 1), TEST_NAME);
    if (lua.lua_type(state, 2) !== lua.LUA_TFUNCTION) return raise(state, `test "${name}" has no function`);
    lua.lua_settop(state, 2);
    lauxlib.luaL_where(state, 1);
    const where = oneLine(lua.lua_tostring(state, -1)!, MESSAGE_LENGTH);
    lua.lua_settop(state, 2);
    send({ kind: 'began', name, where });
    lua.lua_pushcfunction(state, errorToString);
    lua.lua_insert(state, 2);
    const status = lua.lua_pcall(state, 0, 0, 2);
    const failure = status === lua.LUA_OK ? undefined : popError(state, tests);
    send({ kind: 'ended', failure });
    return 0;
  };
}

function runTests({ script, tests, folder, settings }: TestStart): string | undefined {
  const state = openSandbox({
    print: (text) => send({ kind: 'printed', text }),
    require: requireFrom(folder, new Map()),
    failing: () => {},
    settings,
    http: undefined,
  });
  const fault = execute(state, script);
  if (fault !== undefined) return fault;
  execute(state, { name: 'assertions', source: literal(assertions) });
  lua.lua_pushglobaltable(state);
  lua.lua_pushcfunction(state, testIn(tests.name));
  lua.lua_setfield(state, -2, literal('test'));
  lua.lua_pop(state, 1);
  return execute(state, tests);
}

send({ kind: 'finished', fault: runTests(workerData as TestStart) });
