/**
 * fengari, loaded here and nowhere else, with two changes. It takes values off its stack by `delete`, a call into V8's
 * runtime each time and half of what a call of a script costs; storing `undefined` means the same to it, because it
 * only ever reads a slot or stores in it. And it copies each string by `Uint8Array.from`. Always holds: where its text is not what is expected, or Node compiles it
 * some other way, it runs as it is (decision 24).
 */
import { createRequire, Module } from 'node:module';
import type fengariTypes from 'fengari';

/** A value leaves the stack. */
const REMOVAL = /\bdelete ((?:L|from)\.stack\[[^\]]*\]);/g;

/** How strings are copied. It takes anything that can be iterated; fengari has only arrays of bytes for it. */
const COPY = 'Uint8Array.from.bind(Uint8Array)';

/** The text of one of fengari's files with both made quick. */
export function quickened(source: string): string {
  return source.replace(REMOVAL, '$1 = undefined;').replace(COPY, '(bytes) => new Uint8Array(bytes)');
}

/** What every package that compiles while it loads stands on; Node's types leave it out. */
interface Compiler {
  _compile(source: string, file: string): unknown;
}

function load(): typeof fengariTypes {
  const compiler = Module.prototype as unknown as Compiler;
  const compile = compiler._compile;
  compiler._compile = function (source, file) {
    return compile.call(this, quickened(source), file);
  };
  try {
    return createRequire(import.meta.url)('fengari') as typeof fengariTypes;
  } finally {
    compiler._compile = compile;
  }
}

export const fengari: typeof fengariTypes = load();
