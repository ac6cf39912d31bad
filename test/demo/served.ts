/** A demo mailbox of one test, and raw connections to it; all of it ends with the test. */
import { devNull } from 'node:os';
import type { TestContext } from 'node:test';
import { startDemoMailbox } from '../../src/demo/server.ts';
import type { Account, Endpoint } from '../support/endpoint.ts';
import { RawImap } from '../support/raw-imap.ts';

export const account: Account = { user: 'demo', password: 'demo' };

export interface Served {
  readonly endpoint: Endpoint;
  /** Connected and greeted; the greeting is in `transcript`. */
  greeted(): Promise<RawImap>;
  loggedIn(): Promise<RawImap>;
  selected(folder: string): Promise<RawImap>;
}

export async function serve(context: TestContext): Promise<Served> {
  const mailbox = await startDemoMailbox();
  const open: RawImap[] = [];
  context.after(async () => {
    for (const connection of open) connection.close();
    await mailbox.close();
  });
  // There is no TLS here, so there is no authority to read.
  const endpoint: Endpoint = { host: 'localhost', port: mailbox.port, security: 'none', ca: devNull };
  const greeted = async (): Promise<RawImap> => {
    const connection = await RawImap.connect(endpoint);
    open.push(connection);
    await connection.response();
    return connection;
  };
  const loggedIn = async (): Promise<RawImap> => {
    const connection = await greeted();
    await connection.login(account);
    return connection;
  };
  const selected = async (folder: string): Promise<RawImap> => {
    const connection = await loggedIn();
    await connection.ok(`SELECT ${folder}`);
    return connection;
  };
  return { endpoint, greeted, loggedIn, selected };
}
