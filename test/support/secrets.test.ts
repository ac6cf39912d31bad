/** The search finds what it is for: a check that finds nothing, ever, would be no check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alsoSecret, findSecret, passwords } from './secrets.ts';

test('each password is found in each form', () => {
  for (const [user, password] of Object.entries(passwords)) {
    const plain = (start: string) => Buffer.from(`${start}\0${password}`).toString('base64');
    const forms = [
      password,
      JSON.stringify({ text: `a LOGIN ${user} ${password}` }),
      JSON.stringify({ text: JSON.stringify(password) }),
      plain(`\0${user}`),
      plain(`x\0${user}`),
      plain(`xy\0${user}`),
      Buffer.from(password).toString('base64'),
      `{"msg":"…${password.slice(0, 9)}"}`,
    ];
    for (const form of forms) assert.equal(findSecret(`before ${form} behind`)?.password, password, form);
  }
});

test('passwords that a server brings are looked for too, and nothing else is found', () => {
  const line = '{"level":"info","user":"alice","msg":"session ended","reason":"the client logged out"}';
  assert.equal(findSecret(line), undefined);
  assert.equal(findSecret(`${line} brought along`), undefined);
  alsoSecret(['brought along']);
  assert.equal(findSecret(`${line} brought along`)?.form, 'brought along');
});
