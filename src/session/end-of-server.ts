/** What it means that the server has closed the connection, and what is said of it to the client. */
import type { EndCause } from './effect.ts';

/** How the conversation stood when it did. */
export interface Closed {
  readonly inResponse: boolean;
  readonly loggedOut: boolean;
  readonly saidBye: boolean;
}

/** `bye` is undefined where the client has heard a BYE already. */
export function endOfServer({ inResponse, loggedOut, saidBye }: Closed): {
  readonly cause: EndCause;
  readonly bye: string | undefined;
} {
  const bye = 'The mail server closed the connection';
  if (inResponse) {
    const message = 'the server closed the connection in the middle of a response';
    return { cause: { code: 'upstream-closed-in-response', message }, bye };
  }
  if (loggedOut) return { cause: { code: 'logout', message: 'the client logged out' }, bye: undefined };
  if (saidBye) {
    const message = 'the server said BYE and closed the connection';
    return { cause: { code: 'upstream-said-bye', message }, bye: undefined };
  }
  return { cause: { code: 'upstream-closed', message: 'the server closed the connection' }, bye };
}
