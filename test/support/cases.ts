/**
 * Case files: Markdown that reads as documentation and runs as a test. A `##` heading is one case; its fenced
 * blocks are the input and what is expected; `key: value` lines before them are its settings.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface Case {
  /** `file.md: heading`. */
  readonly name: string;
  readonly settings: ReadonlyMap<string, string>;
  /** The fenced blocks, by the word behind the fence. */
  readonly blocks: ReadonlyMap<string, string>;
}

/** The root of the repository, from a compiled test. */
export const root: URL = new URL('../../../', import.meta.url);

/** All cases of the Markdown files in a folder of test/cases. */
export function readCases(folder: string): Case[] {
  const directory = new URL(`test/cases/${folder}/`, root);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => parseCases(name, readFileSync(new URL(name, directory), 'utf8')));
}

function parseCases(file: string, text: string): Case[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const heading = section.split('\n', 1)[0]!;
      const blocks = new Map<string, string>();
      for (const [, word, body] of section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) blocks.set(word!, body!);
      const settings = new Map<string, string>();
      for (const [, key, value] of section.split(/^```/m, 1)[0]!.matchAll(/^(\w+): (.*)$/gm))
        settings.set(key!, value!);
      return { name: `${file}: ${heading}`, settings, blocks };
    });
}

/** `\r`, `\n`, `\t`, `\0`, `\xNN`, `\\` and `\*N` (the byte before, N times) in a case file, as bytes. */
export function unescapeBytes(text: string): Uint8Array {
  const named: Record<string, number> = { r: 13, n: 10, t: 9, '0': 0, '\\': 92 };
  const bytes: number[] = [];
  const pattern = /\\x([0-9a-f]{2})|\\\*(\d+);|\\([rnt0\\])|([\s\S])/gu;
  for (const [, hex, times, name, plain] of text.matchAll(pattern)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (times !== undefined)
      for (let count = Number(times); count > 1; count--) bytes.push(bytes.at(-1)!);
    else if (name !== undefined) bytes.push(named[name]!);
    else bytes.push(...new TextEncoder().encode(plain));
  }
  return Uint8Array.from(bytes);
}

/** Bytes as they are written in a case file. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 13) text += '\\r';
    else if (byte === 10) text += '\\n';
    else if (byte === 92) text += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

/** Ways to cut `bytes` into chunks: whole, byte by byte, and in two at every place. */
export function* everySplit(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  yield Array.from(bytes, (_, at) => bytes.slice(at, at + 1));
  for (let at = 1; at < bytes.length; at++) yield [bytes.slice(0, at), bytes.slice(at)];
}
