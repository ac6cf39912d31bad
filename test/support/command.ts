/** What the tests start: the program as users have it, or another build of it, for which `npm run coverage` asks. */
import { fileURLToPath } from 'node:url';
import { root } from './cases.ts';

/** Absolute path; IMAPVEIL_PROGRAM is one below the checkout. */
export const command: string = fileURLToPath(
  new URL(process.env.IMAPVEIL_PROGRAM ?? 'dist/cli/main.js', root),
);
