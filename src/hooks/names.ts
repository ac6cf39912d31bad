/** What the functions are called in Lua. */
import type { HookKind } from '../rewrite/question.ts';

/** In the order in which a session comes to them. */
export const functionNames: Readonly<Record<HookKind, string>> = {
  encryption: 'GetEncryption',
  greeting: 'DoGreeting',
  capability: 'DoCapability',
  id: 'DoId',
  login: 'DoLogin',
  list: 'DoListResult',
  command: 'DoCommand',
};

export const hookKinds = Object.keys(functionNames) as readonly HookKind[];
