/** The port for machines that watch, which a configuration may have, move or take away. */
import type { Config } from '../config/config.ts';
import type { AdminAsked } from '../observe/admin.ts';
import { type Change, unchanged } from './change.ts';
import { cannotListen } from './ports.ts';

type Address = NonNullable<Config['admin']>;

interface Admin {
  close(): Promise<void>;
}

/** `asked` is whom its pages ask. Rejects with Node's error when the port cannot be had. */
export type OpenAdmin = (at: Address, asked: AdminAsked) => Promise<Admin>;

export class AdminPort {
  readonly #open: (at: Address) => Promise<Admin>;
  #at: Config['admin'];
  #admin: Admin | undefined;

  constructor(open: (at: Address) => Promise<Admin>) {
    this.#open = open;
  }

  /** Undefined: there is to be none. Rejects with StartFault when the port cannot be had. */
  async prepare(at: Config['admin']): Promise<Change> {
    if (at?.address === this.#at?.address && at?.port === this.#at?.port) return unchanged;
    const admin =
      at &&
      (await this.#open(at).catch((error) => {
        throw cannotListen(error, at);
      }));
    return {
      commit: () => {
        const before = this.#admin;
        this.#at = at;
        this.#admin = admin;
        void before?.close();
      },
      cancel: () => admin?.close(),
    };
  }

  async close(): Promise<void> {
    await this.#admin?.close();
  }
}
