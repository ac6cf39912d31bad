/** Strings in all their spellings (RFC 9051 §4.3), and commands put together of them. */
import type { Random } from './random.ts';

/** Text as it is, or a literal; `~` in its form makes it a literal8 (RFC 3516). */
export type Part = string | { readonly data: string; readonly form: Form };
type Form = '{n}' | '~{n}' | 'non-synchronising' | '~non-synchronising';

export function literal(data: string, form: Form): Part {
  return { data, form };
}

/** The text as an atom where it can be one, quoted, or a literal of either kind. */
export function spelled(random: Random, text: string): Part {
  const forms: [Part, ...Part[]] = [literal(text, '{n}'), literal(text, 'non-synchronising')];
  if (/^[\w.&+/-]+$/.test(text)) forms.push(text, text, text);
  if (!/[\r\n\0\x80-\xff]/.test(text)) forms.push(quotedText(text), quotedText(text));
  return random.pick(forms);
}

export function quotedText(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The command, cut where a synchronising literal has to be asked for. */
export function asPieces(tag: string, parts: readonly Part[]): string[] {
  const pieces: string[] = [];
  let piece = `${tag} `;
  for (const part of parts) {
    if (typeof part === 'string') {
      piece += part;
      continue;
    }
    const sign = part.form.endsWith('non-synchronising') ? '+' : '';
    piece += `${part.form.startsWith('~') ? '~' : ''}{${part.data.length}${sign}}\r\n`;
    if (sign === '') {
      pieces.push(piece);
      piece = '';
    }
    piece += part.data;
  }
  return [...pieces, `${piece}\r\n`];
}
