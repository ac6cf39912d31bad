/** `hooks.test`: a script is taken only when the tests beside it pass, those of `imapveil test`. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { runTestFile, testsOf } from '../hooks/test-file.ts';

export { testsOf };

/** Runs the tests of a script that is given `hooks.settings`; undefined: all passed. What they print is not shown. */
export async function whyTestsFail(
  script: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const file = testsOf(script);
  // To be without tests where tests are asked for is a name that was mistyped, and not a script that is good.
  if (!existsSync(file)) return `hooks.test is true, and there is no ${basename(file)} beside the script`;
  const { failures } = await runTestFile(file, () => {}, { script, settings });
  const [first, ...others] = failures;
  if (first === undefined) return undefined;
  const which = first.test === undefined ? '' : ` (${first.test})`;
  const more = others.length === 0 ? '' : `; ${others.length} more, which imapveil test shows`;
  return `fails its tests: ${first.message}${which}${more}`;
}
