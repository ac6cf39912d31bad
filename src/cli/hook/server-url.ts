/** The server that `--from` names, `imaps://user@host:port`, and the password, which never stands in the call. */
import { domainToASCII } from 'node:url';
import type { Io } from '../io.ts';
import { askPassword } from './password.ts';
import { GivenUp, wrongCall } from './wrong-call.ts';

export interface LiveServer {
  readonly host: string;
  readonly port: number;
  /** `imaps`: from the first byte; `imap`: by STARTTLS. There is no third way. */
  readonly tls: 'first' | 'starttls';
  /** Any certificate is taken: for trying, with one that is self-signed. */
  readonly verify: 'certificate' | 'nothing';
  /** Undefined: nobody logs in. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

const VARIABLE = 'IMAPVEIL_PASSWORD';

/**
 * Reads the URL, and asks for the password where it names a user and the environment has none. Throws a `WrongCall`, or
 * `GivenUp` where the question for the password is answered by Ctrl-C.
 */
export async function readServer(
  url: string,
  verify: LiveServer['verify'],
  io: Io,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LiveServer> {
  const parts = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = parts?.protocol;
  const host = parts && hostOf(parts);
  if (parts === undefined || (scheme !== 'imaps:' && scheme !== 'imap:') || host === undefined) {
    throw wrongCall(
      '--from must be imaps://user@host or imap://user@host, with :port where it is another one',
    );
  }
  if (parts.password !== '') {
    throw wrongCall(
      `--from must not hold a password, for everybody on this machine can read it: it is asked for, or taken from ${VARIABLE}`,
    );
  }
  const user = decoded(parts.username);
  return {
    host,
    port: parts.port === '' ? (scheme === 'imaps:' ? 993 : 143) : Number(parts.port),
    tls: scheme === 'imaps:' ? 'first' : 'starttls',
    verify,
    login: user === '' ? undefined : { user, password: await password(user, host, io, environment) },
  };
}

/** As it is looked up and stands in certificates: URL leaves what is not ASCII in %-codes. Undefined: it is none. */
function hostOf({ hostname }: URL): string | undefined {
  const address = /^\[(.*)\]$/.exec(hostname)?.[1];
  if (address !== undefined) return address;
  try {
    return domainToASCII(decodeURIComponent(hostname)) || undefined;
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrongCall('the user in --from has a % in it that begins no code; write it as %25');
  }
}

async function password(user: string, host: string, io: Io, environment: NodeJS.ProcessEnv): Promise<string> {
  const given = environment[VARIABLE];
  if (given !== undefined) return given;
  const asked = await askPassword(`Password of ${user} at ${host}: `, io);
  switch (asked.kind) {
    case 'typed':
      return asked.password;
    case 'given-up':
      throw new GivenUp();
    case 'no-terminal':
      throw wrongCall(`there is no terminal to ask for the password of ${user}: put it into ${VARIABLE}`);
  }
}
