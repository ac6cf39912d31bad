/** Reading the script from its file. Done once for a host: whatever runs later is the text that was read here. */
import { type FileHandle, open } from 'node:fs/promises';
import { SCRIPT_FILE } from './limits.ts';

/** The script's bytes, or a sentence that says why there are none. */
export async function readScript(file: string): Promise<Uint8Array | { readonly fault: string }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const about = await handle.stat();
    if (!about.isFile()) return { fault: `The script ${file} is not a file.` };
    if (about.size > SCRIPT_FILE) return { fault: `The script ${file} is larger than ${SCRIPT_FILE} bytes.` };
    return new Uint8Array(await handle.readFile());
  } catch (error) {
    return { fault: `The script ${file} cannot be read: ${reason(error as NodeJS.ErrnoException)}.` };
  } finally {
    await handle?.close();
  }
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EACCES':
      return 'this user may not read it';
    default:
      return error.code ?? error.message;
  }
}
