/** What it means that a side has closed the connection, and what is said of it to the client. */
import type { EndCause } from './effect.ts';

const planned: EndCause = { code: 'logout', message: 'the client logged out' };

/** How the conversation stood when the server did. */
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
  if (loggedOut) return { cause: planned, bye: undefined };
  if (saidBye) {
    const message = 'the server said BYE and closed the connection';
    return { cause: { code: 'upstream-said-bye', message }, bye: undefined };
  }
  return { cause: { code: 'upstream-closed', message: 'the server closed the connection' }, bye };
}

/** Behind the OK to LOGOUT either side may be the first to close: that is the planned end all the same. */
export function endOfClient({ loggedOut }: Pick<Closed, 'loggedOut'>): EndCause {
  return loggedOut ? planned : { code: 'client-closed', message: 'the client closed the connection' };
}

/** Whether the client brought this end about, or did nothing in time, while the server was still to be heard. */
export function isOfClient({ code }: EndCause): boolean {
  return /^(client-|(line|literal|login)-timeout$)/.test(code);
}
