/**
 * What cannot work through a proxy which ends TLS and reads what passes, or is not wanted by the operator: taken
 * out of every capability list and refused when tried. The one thing that always holds: a word that is refused is
 * not shown, and a word that is not shown for being refused has a reason that an operator can read.
 */

/** As it is written in proxy.yaml, upper case. */
export interface RefusedWords {
  /** SASL mechanisms, as `GSSAPI`. */
  readonly mechanisms: readonly string[];
  /** Capabilities, as `COMPRESS=DEFLATE`. */
  readonly capabilities: readonly string[];
  /** Mechanisms that bind to TLS (-PLUS), and every SCRAM of a server that offers one (P19). */
  readonly channelBinding: boolean;
}

/** The same, to be asked. */
export interface Refused {
  readonly mechanisms: ReadonlySet<string>;
  readonly capabilities: ReadonlySet<string>;
  /** The verbs that come with the capabilities. */
  readonly commands: ReadonlySet<string>;
  readonly channelBinding: boolean;
  /** `[REFERRAL …]` codes are taken out of the server's answers (P18). */
  readonly referrals: boolean;
}

/**
 * The defaults. GSSAPI and its kin and DIGEST-MD5 may wrap the stream after login, EXTERNAL would present the
 * proxy's own identity, COMPRESS makes the rest unreadable (P20); referrals lead clients around the proxy (P18,
 * P26). NTLM is not here: in IMAP it never wraps the stream, so it works, unless the server insists on extended
 * protection.
 */
export const usuallyRefused: RefusedWords = {
  mechanisms: ['GSSAPI', 'GSS-SPNEGO', 'KERBEROS_V4', 'DIGEST-MD5', 'EXTERNAL'],
  capabilities: ['COMPRESS=DEFLATE', 'LOGIN-REFERRALS', 'MAILBOX-REFERRALS'],
  channelBinding: true,
};

/** Capabilities whose commands have other names than they (RFC 2193); LOGIN-REFERRALS has none (RFC 2221). */
const commandsOf: Readonly<Record<string, readonly string[]>> = {
  'MAILBOX-REFERRALS': ['RLIST', 'RLSUB'],
  'LOGIN-REFERRALS': [],
};

/** The words made ready to be asked. A capability's command is its name up to `=`, as for COMPRESS=DEFLATE and IDLE. */
export function refuse({ mechanisms, capabilities, channelBinding }: RefusedWords): Refused {
  return {
    mechanisms: new Set(mechanisms),
    capabilities: new Set(capabilities),
    commands: new Set(capabilities.flatMap((word) => commandsOf[word] ?? [word.replace(/=.*$/, '')])),
    channelBinding,
    referrals: capabilities.some((word) => word.endsWith('-REFERRALS')),
  };
}

/** What is refused where nothing else is said. */
export const refusedByDefault: Refused = refuse(usuallyRefused);

/** Whether the list of the server (upper-case words) has a mechanism that binds to the TLS channel, such as SCRAM-SHA-256-PLUS. */
export function offersChannelBinding(words: Iterable<string>): boolean {
  for (const word of words) if (word.startsWith('AUTH=') && word.endsWith('-PLUS')) return true;
  return false;
}

/**
 * Whether the proxy lets a client see and use a SASL mechanism, in upper case. With channel binding offered,
 * every SCRAM must go: a client that could bind says so, and the server would then have to fail the login (P19).
 */
export function mechanismWorks(
  mechanism: string,
  channelBindingOffered: boolean,
  refused: Refused = refusedByDefault,
): boolean {
  if (refused.mechanisms.has(mechanism)) return false;
  if (!refused.channelBinding) return true;
  return !mechanism.endsWith('-PLUS') && !(channelBindingOffered && mechanism.startsWith('SCRAM-'));
}

/** The words of a server's list (as they stand) that are refused, in upper case. */
export function refusedWords(words: readonly string[], refused: Refused): string[] {
  const upper = words.map((word) => word.toUpperCase());
  const bound = offersChannelBinding(upper);
  return upper.filter((word) =>
    word.startsWith('AUTH=')
      ? !mechanismWorks(word.slice('AUTH='.length), bound, refused)
      : refused.capabilities.has(word),
  );
}

const mayWrap = 'it may encrypt the conversation after login, and the proxy could not read on';
const leadsAround = 'referrals lead clients around the proxy';

const reasons: Readonly<Record<string, string>> = {
  'AUTH=GSSAPI': mayWrap,
  'AUTH=GSS-SPNEGO': mayWrap,
  'AUTH=KERBEROS_V4': mayWrap,
  'AUTH=DIGEST-MD5': mayWrap,
  'AUTH=EXTERNAL': "the server would see the proxy's identity, not the client's",
  'COMPRESS=DEFLATE': 'the proxy cannot read a compressed conversation',
  'LOGIN-REFERRALS': leadsAround,
  'MAILBOX-REFERRALS': leadsAround,
};

/** Why a refused word, in upper case, is not shown: a sentence for the log. */
export function whyRefused(word: string): string {
  const binds = /^AUTH=(.*-PLUS|SCRAM-.*)$/.test(word);
  const reason = binds
    ? 'the server offers channel binding, which cannot work through a proxy that ends TLS'
    : (reasons[word] ?? 'proxy.yaml refuses it (refuse)');
  return `${word} is not shown to clients: ${reason}`;
}
