/** Trying a script without serving anybody: what `imapveil check` asks, and `run` before it opens a port. */
import type { DefinedHooks } from '../rewrite/question.ts';
import { createHookHost } from './host.ts';
import { LOAD_DEADLINE } from './limits.ts';

/**
 * Opens a script in a thread and closes it again: which functions it defines, or what is wrong with it, as Lua's
 * own `script.lua:7: message` or a sentence. What the script prints meanwhile is not shown.
 */
export async function checkScript(file: string): Promise<DefinedHooks | { readonly fault: string }> {
  const host = await createHookHost({ script: file, deadline: LOAD_DEADLINE, onError: 'pass' }, () => {});
  if ('fault' in host) return host;
  await host.close();
  return host.defines;
}
