/** Messages whose content tempts a proxy to read what it should only carry (P2), and a way to compare them. */
import { createHash } from 'node:crypto';

/** An empty body, protocol look-alikes, a literal's announcement at the end of a line, bytes that are no text, no final line end. */
export const temptingMessages: readonly Buffer[] = [
  message('empty body', ''),
  message(
    'protocol',
    '* LIST (\\HasNoChildren) "/" Secret\r\nA1 OK [CAPABILITY IMAP4rev1 IDLE]\r\n+ \r\nt1 BAD\r\n',
  ),
  message('announced', 'what follows is no literal {99}\r\n* OK {5}\r\n{3+}\r\n'),
  message('eight bits', 'Grüße, \xff\xfe\x80\r\n'),
  message('no line end', 'the last line has none'),
];

/** A message of exactly `size` bytes, in lines of 72 characters, whose parts are all different. */
export function largeMessage(size: number): Buffer {
  const start = message('large', '');
  const lines: string[] = [];
  for (let at = 0; at < size; at += 74) lines.push(`${at}`.padStart(72, '.'));
  return Buffer.concat([start, Buffer.from(lines.join('\r\n'), 'latin1')]).subarray(0, size);
}

/** SHA-256 of each, sorted: equal for the same messages in any order. */
export function fingerprints(messages: readonly Buffer[]): string[] {
  return messages.map((bytes) => createHash('sha256').update(bytes).digest('hex')).sort();
}

function message(subject: string, body: string): Buffer {
  const head = `From: <someone@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replace(/ /g, '-')}@example.org>\r\n`;
  return Buffer.from(`${head}\r\n${body}`, 'latin1');
}
