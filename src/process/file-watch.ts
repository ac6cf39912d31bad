/**
 * Files that change while the proxy runs. They are looked at in an interval, through all links: certbot and Kubernetes
 * switch a link to other files, of which nothing that is told about the name itself would speak. What always holds: a
 * change is told when nothing has changed since for a whole interval, because a certificate and its key are written
 * one after the other.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

/** Milliseconds between two looks. */
const INTERVAL = 1000;

interface Seen {
  /** What a look costs nothing to compare; another one is a reason to read the file. */
  readonly stamp: string;
  readonly digest: string;
}

export class FileWatch {
  readonly #changed: () => void;
  readonly #interval: number;
  #seen: ReadonlyMap<string, Seen> = new Map();
  #looks: Promise<unknown> = Promise.resolve();
  /** Something has changed, and was not told yet. */
  #dirty = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(changed: () => void, interval: number = INTERVAL) {
    this.#changed = changed;
    this.#interval = interval;
  }

  /** Begins to look, or goes on. */
  start(): void {
    this.#timer ??= this.#wait();
  }

  /** Looks no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty = false;
  }

  /** What has changed until now is known: whoever calls this reads the files afterwards. */
  async acknowledge(): Promise<void> {
    await this.#look();
    this.#dirty = false;
  }

  /**
   * The absolute paths to look at from now on, instead of those before. `readSince` is when their reading began, in
   * milliseconds of `Date.now()`: what is new among them and was changed later counts as changed.
   */
  async watch(files: readonly string[], readSince: number): Promise<void> {
    const before = this.#seen;
    const seen = [...new Set(files)].map(async (file): Promise<[string, Seen]> => {
      const known = before.get(file);
      if (known !== undefined) return [file, known];
      const { ctime, ...now } = await lookAt(file);
      if (ctime >= readSince) this.#dirty = true;
      return [file, now];
    });
    this.#seen = new Map(await Promise.all(seen));
  }

  #wait(): NodeJS.Timeout {
    return setTimeout(() => this.#tick(), this.#interval).unref();
  }

  async #tick(): Promise<void> {
    const changed = await this.#look();
    if (this.#timer === undefined) return;
    if (changed) this.#dirty = true;
    else if (this.#dirty) {
      this.#dirty = false;
      this.#changed();
    }
    this.#timer = this.#wait();
  }

  /** One look after the other; true: something has changed since the one before. */
  #look(): Promise<boolean> {
    const look = this.#looks.then(() => this.#compare());
    this.#looks = look;
    return look;
  }

  async #compare(): Promise<boolean> {
    let changed = false;
    const next = [...this.#seen].map(async ([file, before]): Promise<[string, Seen]> => {
      const { ctime: _, ...now } = await lookAt(file, before);
      if (now.digest !== before.digest) changed = true;
      return [file, now];
    });
    const seen = this.#seen;
    const looked = new Map(await Promise.all(next));
    // Others may be watched by now.
    if (this.#seen === seen) this.#seen = looked;
    return changed;
  }
}

/** `ctime` in milliseconds; 0 where there is no file. Reads the file only where it does not look as `before`. */
async function lookAt(file: string, before?: Seen): Promise<Seen & { readonly ctime: number }> {
  try {
    const found = await stat(file);
    const { dev, ino, size, mtimeMs, ctimeMs } = found;
    const stamp = [dev, ino, size, mtimeMs, ctimeMs].join();
    if (stamp === before?.stamp) return { ...before, ctime: ctimeMs };
    // What is no file is not read: a named pipe would hold the reader.
    const digest = found.isFile() ? digestOf(await readFile(file)) : 'no file';
    // It may have been written between the two, and the stamp is the older one: looked at again, it is read again.
    const { ctimeMs: ctime } = await stat(file);
    return { stamp, digest, ctime };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return { stamp: why, digest: why, ctime: 0 };
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
