/**
 * Two whole streams, byte for byte: for sessions in which the proxy has nothing to say.
 */
import { broken, shown } from './broken.ts';

/** Holds what came to `side` against what the other side sent; `cut` says that the end may be missing. */
export function checkStream(side: 'client' | 'server', heard: string, sent: string, cut: boolean): void {
  const invariant =
    side === 'client'
      ? 'the bytes to the client are those of the server'
      : 'the bytes to the server are those of the client';
  // The end of a session is said by the proxy.
  const bye = side === 'client' && cut && !sent.startsWith(heard) ? /\* BYE [ -~]*\r\n$/.exec(heard) : null;
  const same = bye ? heard.slice(0, bye.index) : heard;
  if (!sent.startsWith(same)) broken(invariant, firstDifference(same, sent));
  if (!cut && same !== sent) broken(invariant, `missing: ${shown(sent.slice(same.length))}`);
}

function firstDifference(got: string, wanted: string): string {
  let at = 0;
  while (at < got.length && got[at] === wanted[at]) at++;
  return `byte ${at}: ${shown(got.slice(at, at + 60))} instead of ${shown(wanted.slice(at, at + 60))}`;
}
