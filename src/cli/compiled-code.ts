/**
 * Node 22 and newer keep what they compiled for the next start (docs/decisions/0007). Beside the program, and not in
 * the shared temporary folder, where another user could put code of theirs; where nothing can be written, all goes
 * on without it and without a word.
 */
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

/** Concerns what this thread imports from now on; other threads have to call it themselves. */
export function keepCompiledCode(): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };
  enableCompileCache?.(fileURLToPath(new URL('../../node_modules/.cache/imapveil', import.meta.url)));
}
