/** What the demo mailbox says it can do; every word is kept by the commands beside this file. */

const always = ['IMAP4rev1', 'LITERAL+', 'SASL-IR', 'ID', 'IDLE'];
const beforeLogin = ['AUTH=PLAIN'];
const afterLogin = [
  'NAMESPACE',
  'CHILDREN',
  'UNSELECT',
  'UIDPLUS',
  'SPECIAL-USE',
  'LIST-EXTENDED',
  'LIST-STATUS',
];

/** The capability list in the state that `session` is in. */
export function capabilities(session: { readonly loggedIn: boolean }): string {
  return [...always, ...(session.loggedIn ? afterLogin : beforeLogin)].join(' ');
}
