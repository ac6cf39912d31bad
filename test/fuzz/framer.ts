/**
 * The framer, alone: random bytes that look like IMAP, of either sender, cut anywhere.
 */
import { Framer, type Segment, type Sender } from '../../src/imap-parser-lite/index.ts';
import { broken, bytesOf, shown, textOf } from './broken.ts';
import type { Random } from './random.ts';

const pieces = [
  '\r\n', 'a1 ', 'LOGIN ', '* ', 'OK ', 'LIST ', '1 FETCH ', '+ ', '+\r\n', '"', '\\', '\\"', '(', ')', ' ',
  ' {3}\r\n', ' {0}\r\n', ' {2+}\r\n', ' ~{1}\r\n', ' {12}\r\n', '{3}\r\n', '{9', '}', '\n', '\r', '\0', 'abc',
  '[CAPABILITY', ']', '\xe9', ' {-1}\r\n', ' {007}\r\n', ' {99999999999999999999}\r\n', ' {5 }\r\n', ' {+}\r\n',
  'a NO x {5}\r\n', '* OK {5}\r\n', '* BYE {5}\r\n', '"a" {3}\r\n', '"a"{3}\r\n', '("\\"" {3}\r\n',
] as const; // biome-ignore format: a table reads better short

function input(random: Random): string {
  let text = '';
  for (let left = random.below(24); left >= 0; left--) {
    if (random.chance(3)) text += 'x'.repeat(random.pick([1, 60, 65_400, 65_530, 65_536, 131_080]));
    else if (random.chance(4)) text += String.fromCharCode(random.below(256));
    else text += random.pick(pieces);
  }
  return text;
}

/** What was framed, comparable across cuts: the parts of one literal, and of one line, joined. */
function meaning(sender: Sender, chunks: readonly string[], abandonAt: number): string[] {
  const framer = new Framer(sender);
  const meanings: string[] = [];
  let pushed = 0;
  let framed = 0;
  let open = '';
  let announced = 0;
  const all = chunks.join('');
  for (const chunk of chunks) {
    framer.push(bytesOf(chunk));
    pushed += chunk.length;
    for (let segment = framer.next(); segment !== undefined; segment = framer.next()) {
      if (segment.kind === 'fault') {
        if (framer.next() !== segment) broken('a fault is the end', 'something came behind a fault');
        // How much of the faulty line went on before the fault was seen depends on the cuts.
        return [...meanings, segment.fault.code];
      }
      const text = textOf(segment.bytes);
      if (text !== all.slice(framed, framed + text.length))
        broken('segments joined are the input', `${shown(text)} at ${framed}`);
      framed += text.length;
      open += text;
      if (segment.complete) {
        meanings.push(`${segment.kind} ${describe(segment)} ${open}`);
        open = '';
      }
      if (segment.kind === 'line' && segment.literal !== undefined && announced++ === abandonAt)
        framer.abandonMessage();
    }
    if (framer.pending !== pushed - framed)
      broken('segments joined are the input', `pending ${framer.pending}, not framed ${pushed - framed}`);
  }
  return [...meanings, `to come: ${all.slice(framed - open.length)}`];
}

function describe(segment: Exclude<Segment, { kind: 'fault' }>): string {
  return segment.kind === 'line' ? JSON.stringify(segment.literal ?? null) : '';
}

/** One input. `note` is told what was tried. */
export function framerInput(random: Random, note: (line: string) => void): void {
  const sender = random.pick(['client', 'server'] as const);
  const abandonAt = random.chance(20) ? random.below(3) : -1;
  const text = input(random);
  note(`${sender}, abandons literal ${abandonAt}: ${shown(text)}`);
  const whole = meaning(sender, [text], abandonAt).join('\n--\n');
  for (let times = 0; times < 2; times++) {
    const chunks: string[] = [];
    let left = text;
    while (left !== '') {
      const length = 1 + random.below(random.pick([1, 8, 200, 70_000]));
      chunks.push(left.slice(0, length));
      left = left.slice(length);
      if (chunks.length > 300) break;
    }
    if (left !== '') chunks.push(left);
    const cut = meaning(sender, chunks, abandonAt).join('\n--\n');
    if (cut !== whole) {
      note(`cut as ${shown(chunks.map((chunk) => chunk.length).join(' '))}`);
      broken('splits change nothing', `whole: ${shown(whole)}; cut: ${shown(cut)}`);
    }
  }
}
