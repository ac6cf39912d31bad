/** What `--help` prints: short enough to be read, and complete enough that nobody has to guess an option. */
import { readFileSync } from 'node:fs';

/** `brief` is the line in the list of commands, `details` what `imapveil COMMAND --help` prints below the call. */
interface Topic {
  readonly call: string;
  readonly brief: string;
  readonly details: string;
}

export type CommandName = 'run' | 'check' | 'hook' | 'test' | 'demo';

const TOPICS: Readonly<Record<CommandName, Topic>> = {
  run: {
    call: 'imapveil run [--config proxy.yaml]',
    brief: 'serve until SIGTERM or SIGINT, then drain',
    details: `Reads the configuration, opens the listeners and relays IMAP until it is told to stop. Sessions that are
still open then have limits.drainTimeout to end by themselves. On SIGHUP, or by itself with watch: true, it reads
configuration, certificates and script again; no session ends, and what is wrong changes nothing.

  -c, --config FILE   the configuration (default: proxy.yaml in the current folder)`,
  },
  check: {
    call: 'imapveil check [--config proxy.yaml]',
    brief: 'validate the configuration, the certificates and the script; opens no port',
    details: `Prints every fault, one line each, with file, line and column. Exit code 0: run would start with it; 2: it would not.

  -c, --config FILE   the configuration (default: proxy.yaml in the current folder)`,
  },
  hook: {
    call: 'imapveil hook capability|list|encryption|login|greeting|id|command [options] ...',
    brief: 'call one function of a script and print what it would change',
    details: `  imapveil hook capability 'IMAP4rev1 IDLE ...'   (or --from)            DoCapability
  imapveil hook list FOLDER...    (or "* LIST ..." lines on standard
                                  input, or --from)                      DoListResult
  imapveil hook encryption [--server IP] [--port N] [--default tls]      GetEncryption
  imapveil hook login USER                                               DoLogin
  imapveil hook greeting TEXT                                            DoGreeting
  imapveil hook id name=value...                                         DoId
  imapveil hook command 'DELETE Archive'                                 DoCommand

  --script FILE       the script; or
  -c, --config FILE   the configuration that names the script (default: proxy.yaml in the current folder)
  --client IP         the client's address as the script sees it
  --server IP         the address that the client connected to
  --port N            the port that the client connected to
  --default MODE      the listener's encryption: starttls, tls or starttls-required
  --user NAME         the user as the script sees it in context.user
  --from URL          the capabilities or the folders of a real server: imaps://user@host[:port], or imap:// for
                      STARTTLS. The password is asked for, or taken from IMAPVEIL_PASSWORD
  --insecure          with --from: take any certificate, for trying
  -w, --watch         again at each save of the script, until Ctrl-C
  --json              one object a result: input, output, show

A terminal gets the difference in colour (NO_COLOR=1: without), everything else lines of text. Exit code 1, and
script.lua:7: message, when the script fails.`,
  },
  test: {
    call: 'imapveil test FOLDER|FILE...',
    brief: 'run the tests beside scripts: imap4_test.lua tests imap4.lua',
    details: `Runs every *_test.lua of the folders, and of the folders in them, in the sandbox of the script beside it, and says
what failed, with file and line. A test calls the script's functions:

  test("hides Journal", function()
    assert_false(DoListResult("Journal", "", ""))
  end)

  assert_equal(expected, actual)      tables are compared by what they hold
  assert_true(value)  assert_false(value)
  assert_error(function, pattern)     the pattern may be left out

Exit code 0: all passed; 1: one failed; 2: there is no test, or the call is wrong.`,
  },
  demo: {
    call: 'imapveil demo',
    brief: 'show what a mail client sees directly and through the proxy',
    details: `Starts a small built-in mailbox server, the proxy and a real IMAP client on this machine, prints what the
client sees directly and through the proxy side by side, and ends. Nothing has to be installed or configured.`,
  },
};

export const COMMANDS: readonly CommandName[] = Object.keys(TOPICS) as CommandName[];

export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(TOPICS, word);
}

/** The text of `imapveil --help`, or of `imapveil COMMAND --help`; ends with a line end. */
export function help(command?: CommandName): string {
  if (command !== undefined) {
    const { call, brief, details } = TOPICS[command];
    return `${call}\n${brief}\n\n${details}\n`;
  }
  const list = COMMANDS.map((name) => `  ${name.padEnd(7)} ${TOPICS[name].brief}`).join('\n');
  return `imapveil: an IMAP reverse proxy whose Lua functions rewrite what the server says about itself

${COMMANDS.map((name) => `  ${TOPICS[name].call}`).join('\n')}
  imapveil COMMAND --help | --help | --version

${list}

Exit codes: 0 done; 1 it failed while running; 2 the call or the configuration is wrong.
`;
}

/** The version of the installed package: its package.json is the nearest above this file. */
export function version(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
      if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder.pathname === '/') throw error;
    }
  }
}
