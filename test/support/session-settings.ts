import { noHooks } from '../../src/rewrite/question.ts';
import type { SessionSettings } from '../../src/session/conversation.ts';

/** A session without a script, in front of a server in the clear. */
export const sessionSettings: SessionSettings = {
  session: 's1',
  client: '192.0.2.1',
  clientport: 54321,
  server: '192.0.2.2',
  serverport: 143,
  defaultMode: 0,
  upstreamEncryption: 'none',
  preLoginLine: 8192,
  preLoginLiteral: 65_536,
  enforce: false,
  hooks: { defines: noHooks },
};
