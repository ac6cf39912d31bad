/** A folder of one test's own, under the system's temporary folder; whoever asked for it removes it. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes an empty folder that other users may enter: servers started as root give up their rights. */
export async function temporaryFolder(): Promise<string> {
  // A short name, for the path of a Unix socket inside it may have 107 bytes at most.
  const folder = await mkdtemp(join(tmpdir(), 'imapveil-'));
  await chmod(folder, 0o755);
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
