/** The functions that a script defines, each kept at a place of the stack where it is found at every call. */
import fengari, { type LuaState } from 'fengari';
import type { DefinedHooks, HookKind } from '../rewrite/question.ts';
import { SHOWN_ARGUMENT } from './limits.ts';
import { literal, typeName } from './lua-state.ts';
import { functionNames, hookKinds } from './names.ts';
import { oneLine } from './one-line.ts';

const { lua } = fengari;

/** How many parameters come before the context. */
const parameters = {
  encryption: 4,
  capability: 2,
  list: 3,
  login: 2,
  greeting: 2,
  id: 2,
  command: 3,
} as const satisfies Record<HookKind, number>;

export interface ScriptFunction {
  /** Its place on the stack. */
  readonly slot: number;
  /** Without a parameter for it, no context is made: scripts written for VPOP3 have none. */
  readonly takesContext: boolean;
  /** `script.lua:7: DoCapability`, where it begins. */
  readonly where: string;
}

export type ScriptFunctions = { readonly [Kind in HookKind]?: ScriptFunction };

/** Finds the functions in a state in which the script has run. The fault: a name of theirs holds something else. */
export function findFunctions(state: LuaState, script: string): ScriptFunctions | { readonly fault: string } {
  const found: { -readonly [Kind in HookKind]?: ScriptFunction } = {};
  for (const kind of hookKinds) {
    const type = pushGlobal(state, functionNames[kind]);
    if (type === lua.LUA_TNIL) {
      lua.lua_pop(state, 1);
    } else if (type === lua.LUA_TFUNCTION) {
      found[kind] = describe(state, kind, script);
    } else {
      return { fault: `${script}: ${functionNames[kind]} is a ${typeName(state, -1)}, not a function` };
    }
  }
  return found;
}

/** Which of them there are. */
export function defined(functions: ScriptFunctions): DefinedHooks {
  const entries = hookKinds.map((kind) => [kind, functions[kind] !== undefined]);
  return Object.fromEntries(entries) as DefinedHooks;
}

/** Raw, past a metatable on the globals: a script that forbids unknown globals must not fail for what it leaves out. */
function pushGlobal(state: LuaState, name: string): number {
  lua.lua_pushglobaltable(state);
  lua.lua_pushstring(state, literal(name));
  const type = lua.lua_rawget(state, -2);
  lua.lua_remove(state, -2);
  return type;
}

function describe(state: LuaState, kind: HookKind, script: string): ScriptFunction {
  const name = functionNames[kind];
  const about = new lua.lua_Debug();
  lua.lua_pushvalue(state, -1);
  lua.lua_getinfo(state, literal('>Su'), about);
  return {
    slot: lua.lua_gettop(state),
    takesContext: about.isvararg || about.nparams > parameters[kind],
    where:
      about.linedefined > 0
        ? `${oneLine(about.short_src, SHOWN_ARGUMENT)}:${about.linedefined}: ${name}`
        : `${script}: ${name}`,
  };
}
