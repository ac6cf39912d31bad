/** What the stand-in for a script says of logins, greetings, ID and commands; each answer is asked for by what is in the question. */
import type { Answer, IdField, Question } from '../../src/rewrite/question.ts';

const messages: Readonly<Record<string, string>> = {
  'evil-why': 'not you',
  'evil-code': '[CONTACTADMIN] Call us',
  'evil-lines': 'a\r\n* OK \0\x85\u0100',
  'evil-empty': ' ',
};

/** Whatever has evil in it is refused; some of it is told why. */
export function askedAnswer(question: Extract<Question, { kind: 'login' | 'command' }>): Answer {
  const said = question.kind === 'login' ? question.user : `${question.verb} ${question.arguments}`;
  const message = messages[/evil-\w+/.exec(said)?.[0] ?? ''];
  const allow = !/evil/i.test(said);
  if (question.kind === 'command') return { kind: 'command', allow, message };
  return { kind: 'login', allow, message, ...(question.user === 'evil-why' && { by: 'user' }) };
}

/** The texts that are not answered by `Welcome`. */
export const scriptedGreetings: Readonly<Record<string, string>> = {
  same: 'same',
  empty: '',
  lines: 'a\r\n* OK b',
  code: '[CAPABILITY IMAP4rev1 STARTTLS COMPRESS=DEFLATE] c',
};

/** Without `drop`; `bad` gets what no quoted string may hold, `far` what only the proxy says, and `none` stands for nobody. */
export function scriptedFields(fields: readonly IdField[]): IdField[] {
  if (fields.some(([name]) => name === 'none')) return [];
  return fields.flatMap(([name, value]): IdField[] => {
    if (name === 'drop') return [];
    if (name === 'bad')
      return [
        [name, 'a\r\nb'],
        ['b\0', null],
        ['good', 'q"\\é'],
      ];
    if (name === 'far') return [['X-Originating-IP', '192.0.2.99']];
    return [[name, value]];
  });
}
