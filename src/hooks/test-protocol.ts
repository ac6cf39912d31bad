/** What a test file's thread is told, and what it says. */

export interface LuaFile {
  /** Its name without folders, as it stands in messages. */
  readonly name: string;
  readonly source: Uint8Array;
}

export interface TestStart {
  readonly script: LuaFile;
  readonly tests: LuaFile;
  /** The absolute path of the folder of both, from which modules may be required. */
  readonly folder: string;
  /** What both find in `config`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export type FromTests =
  | { readonly kind: 'printed'; readonly text: string }
  /** `where` is `script_test.lua:7: `. */
  | { readonly kind: 'began'; readonly name: string; readonly where: string }
  /** The test that began last; `failure` begins with file and line. */
  | { readonly kind: 'ended'; readonly failure: string | undefined }
  /** The last message. `fault`: the script, or the test file outside of its tests, failed. */
  | { readonly kind: 'finished'; readonly fault: string | undefined };
