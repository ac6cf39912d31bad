/** What an operator reads for each way of being wrong: the exact lines, all of them, in the order of the file. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatFault } from '../../src/config/fault.ts';
import { loadConfig } from '../../src/config/load.ts';
import { folderWith } from './temporary.ts';

const NETWORK = 'must be a network or an address, such as 10.0.0.0/8, fd00::/8 or 192.0.2.1';

interface Case {
  readonly name: string;
  readonly yaml: string;
  /** Without the name of the file. */
  readonly lines: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'an empty file lacks the one required key',
    yaml: '',
    lines: ['1:1: upstream.host: is missing; name the IMAP server, or write demo for the built-in mailbox'],
  },
  {
    name: 'a missing key is placed at the map it should stand in',
    yaml: 'log:\n  level: info\nupstream:\n  port: 143\n',
    lines: ['4:3: upstream.host: is missing; name the IMAP server, or write demo for the built-in mailbox'],
  },
  {
    name: 'a port beyond 65535',
    yaml: 'upstream:\n  host: mail\n  port: 70000\n',
    lines: ['3:9: upstream.port: must be a whole number from 1 to 65535'],
  },
  {
    name: 'a port in each wrong form',
    yaml: 'upstream: { host: mail, port: 0 }\nlisten:\n  - port: "143"\n  - port: 1.5\n  - port: -1\n',
    lines: [
      '1:31: upstream.port: must be a whole number from 1 to 65535',
      '3:11: listen[0].port: must be a whole number from 1 to 65535',
      '4:11: listen[1].port: must be a whole number from 1 to 65535',
      '5:11: listen[2].port: must be a whole number from 1 to 65535',
    ],
  },
  {
    name: 'a misspelt key is one fault, not also a missing one',
    yaml: 'upstram:\n  host: mail\n',
    lines: ['1:1: unknown key "upstram"; did you mean "upstream"?'],
  },
  {
    name: 'a misspelt required key inside of its map',
    yaml: 'upstream:\n  hots: mail\n',
    lines: ['2:3: upstream: unknown key "hots"; did you mean "host"?'],
  },
  {
    name: 'a list of servers beside a host, with the demo, one twice, and what else can be wrong in it',
    yaml: [
      'upstream:',
      '  host: mail',
      '  servers:',
      '    - host: demo',
      '    - { host: mail, weight: 0 }',
      '    - { host: mail, wieght: 2 }',
      '    - { port: 143 }',
      '  balance: random',
      '  check: { interval: 1ms, failures: 0 }',
    ].join('\n'),
    lines: [
      '4:5: upstream.servers: cannot stand beside upstream.host; put that server into the list',
      '4:13: upstream.servers[0].host: the built-in demo mailbox can only be alone: write it into upstream.host',
      '5:29: upstream.servers[1].weight: must be a whole number from 1 to 1000',
      '6:21: upstream.servers[2]: unknown key "wieght"; did you mean "weight"?',
      '7:7: upstream.servers[3].host: is missing; name the IMAP server',
      '8:12: upstream.balance: must be least-sessions or client-address',
      '9:22: upstream.check.interval: must be 100ms or more',
      '9:37: upstream.check.failures: must be a whole number from 1 to 100',
    ],
  },
  {
    name: 'a server that is in the list twice',
    yaml: 'upstream:\n  servers: [{ host: mail }, { host: Mail }]\n',
    lines: ['2:37: upstream.servers[1].host: is in this list already; give it a weight instead'],
  },
  {
    name: 'a server and a listener that are there twice by the defaults alone',
    yaml: [
      'listen: [{ encryption: tls }, { port: 993 }]',
      'upstream:',
      '  encryption: tls',
      '  servers: [{ host: mail }, { host: Mail, port: 993 }]',
    ].join('\n'),
    lines: [
      '1:31: listen[1]: port 993 of :: is in this list already; each can be listened on once',
      '4:37: upstream.servers[1].host: port 993 of mail is in this list already; give it a weight instead',
    ],
  },
  {
    name: 'listeners and an admin port of which one covers the other, as the system would refuse',
    yaml: [
      'upstream: { host: mail }',
      'listen:',
      '  - { address: 0.0.0.0, port: 143 }',
      '  - { address: "::", port: 143 }',
      '  - { address: 127.0.0.1, port: 993 }',
      '  - { address: 0.0.0.0, port: 993 }',
      '  - { address: "::1", port: 993 }',
      '  - { address: "0::1", port: 993 }',
      'admin: { address: 127.0.0.1, port: 143 }',
    ].join('\n'),
    lines: [
      '4:5: listen[1]: port 143 of :: and port 143 of 0.0.0.0 overlap, for "::" is every IPv6 and IPv4 address; keep one of them',
      '6:5: listen[3]: port 993 of 0.0.0.0 and port 993 of 127.0.0.1 overlap, for 0.0.0.0 is every IPv4 address; keep one of them',
      '8:5: listen[5]: port 993 of 0::1 is in this list already; each can be listened on once',
      '9:36: admin.port: port 143 is for mail clients already, on 0.0.0.0; choose another one',
    ],
  },
  {
    name: 'a list without a server',
    yaml: 'upstream:\n  servers: []\n',
    lines: ['2:12: upstream.servers: must name at least one server'],
  },
  {
    name: 'what is no mechanism and no capability, or is written in the wrong list',
    yaml: [
      'upstream: { host: mail }',
      'refuse:',
      '  mechanisms: [GSSAPI, AUTH=PLAIN]',
      '  capabilities:',
      '    - AUTH=NTLM',
      '    - STARTTLS',
      '    - two words',
      '  channelBinding: "no"',
    ].join('\n'),
    lines: [
      '3:24: refuse.mechanisms[1]: must be the name of a SASL mechanism, such as GSSAPI',
      '5:7: refuse.capabilities[0]: AUTH=NTLM is a mechanism: write NTLM into refuse.mechanisms',
      "6:7: refuse.capabilities[1]: STARTTLS is the proxy's own: set listen.encryption instead",
      '7:7: refuse.capabilities[2]: must be a capability, such as COMPRESS=DEFLATE or IDLE',
      '8:19: refuse.channelBinding: must be true or false',
    ],
  },
  {
    name: 'what a script may ask, and what it is told',
    yaml: [
      'upstream: { host: mail }',
      'hooks:',
      '  http: { allow: ["http://rules/", "rules:80", "*"], timeout: fast }',
      '  settings: [Journal]',
    ].join('\n'),
    lines: [
      '3:19: hooks.http.allow[0]: must be a host, or a host and a port, such as rules.example.org:8080',
      '3:48: hooks.http.allow[2]: must be a host, or a host and a port, such as rules.example.org:8080',
      '3:63: hooks.http.timeout: must be a duration: a whole number and ms, s, m or h, such as 500ms, 10s, 5m or 1h',
      '4:13: hooks.settings: must be a map, whatever is in it',
    ],
  },
  {
    name: 'hosts for HTTP that are in no URL',
    yaml: 'upstream: { host: mail }\nhooks: { http: { allow: ["a:99999", "a:0", "300.1.1.1", "[:1]", "b:80"] } }',
    lines: ['2:26', '2:37', '2:44', '2:57'].map(
      (place, index) =>
        `${place}: hooks.http.allow[${index}]: must be a host, or a host and a port, such as rules.example.org:8080`,
    ),
  },
  {
    name: 'what is no command, and commands that DoCommand is never asked about',
    yaml: [
      'upstream: { host: mail }',
      'hooks:',
      '  commands: ["*", UID EXPUNGE STORE, login, AUTHENTICATE, StartTLS, DONE, UID EXPUNGE, xlist]',
    ].join('\n'),
    lines: [
      '3:14: hooks.commands[0]: must be a command, such as EXPUNGE, UID or UID EXPUNGE',
      '3:19: hooks.commands[1]: must be a command, such as EXPUNGE, UID or UID EXPUNGE',
      '3:38: hooks.commands[2]: login carries a password, which no script is shown: decide in DoLogin',
      '3:45: hooks.commands[3]: AUTHENTICATE carries a password, which no script is shown: decide in DoLogin',
      "3:59: hooks.commands[4]: StartTLS is the proxy's own: set listen.encryption instead",
      '3:69: hooks.commands[5]: DONE ends IDLE and is no command: write IDLE',
    ],
  },
  {
    name: 'a key in the wrong case',
    yaml: 'upstream:\n  host: mail\n  connecttimeout: 5s\n',
    lines: ['3:3: upstream: unknown key "connecttimeout"; did you mean "connectTimeout"?'],
  },
  {
    name: 'a key like no other gets the list of those there are',
    yaml: 'upstream: { host: mail }\nlog:\n  destination: syslog\n',
    lines: ['3:3: log: unknown key "destination"; known here: level, format'],
  },
  {
    name: 'an unknown key in a list',
    yaml: 'upstream: { host: mail }\nlisten:\n  - port: 143\n    adress: "::"\n',
    lines: ['4:5: listen[0]: unknown key "adress"; did you mean "address"?'],
  },
  {
    name: 'keys that objects have by themselves are unknown keys',
    yaml: 'upstream: { host: mail }\n__proto__: { a: b }\nconstructor: 1\n',
    lines: [
      '2:1: unknown key "__proto__"; known here: listen, tls, upstream, hooks, refuse, limits, workers, watch, log, admin',
      '3:1: unknown key "constructor"; known here: listen, tls, upstream, hooks, refuse, limits, workers, watch, log, admin',
    ],
  },
  {
    name: 'words out of a set',
    yaml: 'upstream: { host: mail, encryption: ssl }\nlisten:\n  - encryption: none\nlog: { level: verbose, format: text }\n',
    lines: [
      '1:37: upstream.encryption: must be none, starttls or tls',
      '3:17: listen[0].encryption: must be starttls, tls or starttls-required',
      '4:15: log.level: must be trace, debug, info, warn or error',
      '4:32: log.format: must be json or pretty',
    ],
  },
  {
    name: 'YAML 1.2 has no yes and no',
    yaml: 'upstream:\n  host: mail\n  tls:\n    verify: no\n',
    lines: ['4:13: upstream.tls.verify: must be true or false'],
  },
  {
    name: 'durations and sizes without a unit',
    yaml: 'upstream: { host: mail }\nlimits:\n  loginTimeout: 60\n  preLoginLine: 8192\n  idleTimeout: 31 minutes\n',
    lines: [
      '3:17: limits.loginTimeout: 60 has no unit; write 60s for seconds or 60ms for milliseconds',
      '4:17: limits.preLoginLine: 8192 has no unit; write 8192B for bytes or 8192KiB for kibibytes',
      '5:16: limits.idleTimeout: must be a duration: a whole number and ms, s, m or h, such as 500ms, 10s, 5m or 1h',
    ],
  },
  ...['http://:hunter2@redis', 'redis://:hunter2@', 'rediss://:hunter2@redis/zero', 'redis:hunter2'].map(
    (store) => ({
      name: `limits.store, in a fault without its password: ${store}`,
      yaml: `upstream: { host: mail }\nlimits:\n  store: ${store}\n`,
      lines: [
        '3:10: limits.store: must be memory, or the URL of a Redis or Valkey server, such as redis://user:password@host:6379/0',
      ],
    }),
  ),
  {
    name: 'what limits.failedLogins cannot be',
    yaml: [
      'upstream: { host: mail }',
      'limits:',
      '  failedLogins:',
      '    perUser: -1',
      '    within: 500ms',
      '    except: [office]',
      '    perAdress: 5',
      '',
    ].join('\n'),
    lines: [
      '4:14: limits.failedLogins.perUser: must be a whole number from 0 to 1000000',
      '5:13: limits.failedLogins.within: must be 1s or more',
      `6:14: limits.failedLogins.except[0]: ${NETWORK}`,
      '7:5: limits.failedLogins: unknown key "perAdress"; did you mean "perAddress"?',
    ],
  },
  {
    name: 'keys whose values were commented out',
    yaml: 'upstream:\n  host: mail\n  port:\nhooks:\n  # script: a.lua\nadmin: ~\n',
    lines: [
      '3:8: upstream.port: has no value; give it one or remove the key',
      '4:7: hooks: has no value; give it one or remove the key',
      '6:8: admin: has no value; give it one or remove the key',
    ],
  },
  {
    name: 'a map where a list belongs, and the other way round',
    yaml: 'upstream: [mail]\nlisten:\n  port: 143\n',
    lines: [
      '1:11: upstream: must be a map: keys and values, indented below it',
      '3:3: listen: must be a list of listeners, each after a dash',
    ],
  },
  {
    name: 'hosts with something around them',
    yaml: 'upstream:\n  host: imaps://mail:993\n  tls: { servername: 10.0.0.1 }\n',
    lines: [
      '2:9: upstream.host: must be a host name or an IP address alone: no protocol, no port, no spaces',
      '3:22: upstream.tls.servername: must be a host name: the name in the server certificate, not an IP address',
    ],
  },
  {
    name: 'the demo mailbox has no TLS',
    yaml: 'upstream:\n  host: demo\n  encryption: tls\n',
    lines: [
      '3:15: upstream.encryption: the built-in demo mailbox speaks none only; leave it out or set it to none',
    ],
  },
  {
    name: 'an address that is none',
    yaml: 'upstream: { host: mail }\nlisten:\n  - address: localhost\n  - address: 10.0.0.256\n',
    lines: [
      '3:14: listen[0].address: must be an IP address, such as 127.0.0.1, 0.0.0.0 or "::"',
      '4:14: listen[1].address: must be an IP address, such as 127.0.0.1, 0.0.0.0 or "::"',
    ],
  },
  {
    name: 'no listener',
    yaml: 'upstream: { host: mail }\nlisten: []\n',
    lines: ['2:9: listen: must name at least one listener; leave it out for ports 143 and 993'],
  },
  {
    name: 'the same listener twice, beside another fault',
    yaml: 'upstream: { host: mail, port: x }\nlisten:\n  - port: 143\n  - port: 143\n  - { address: 127.0.0.1, port: 143 }\n',
    lines: [
      '1:31: upstream.port: must be a whole number from 1 to 65535',
      '4:11: listen[1].port: port 143 of :: is in this list already; each can be listened on once',
    ],
  },
  {
    name: 'half a certificate',
    yaml: 'upstream: { host: mail }\ntls:\n  certificates:\n    - cert: a.pem\n',
    lines: ['4:7: tls.certificates[0].key: is missing; name a file'],
  },
  {
    name: 'a PROXY header for the built-in mailbox, which reads none',
    yaml: 'upstream: { host: demo, clientAddress: proxy-v2 }',
    lines: [
      '1:40: upstream.clientAddress: the built-in demo mailbox reads no PROXY header; leave it out or set it to none',
    ],
  },
  {
    name: 'a way of telling the client that there is not, and a word for a truth',
    yaml: ['upstream: { host: mail, clientAddress: xclient }', 'hooks:', '  enforce: 1'].join('\n'),
    lines: [
      '1:40: upstream.clientAddress: must be none, id or proxy-v2',
      '3:12: hooks.enforce: must be true or false',
    ],
  },
  ...['0', '-1', '1.5', '1025', 'many', '"2"', 'true', '[2]'].map((written) => ({
    name: `no number of workers: ${written}`,
    yaml: `upstream: { host: mail }\nworkers: ${written}\n`,
    lines: ['2:10: workers: must be a whole number from 1 to 1024, or auto'],
  })),
  {
    name: 'networks that are none, or that no client would ever be found in',
    yaml: [
      'upstream: { host: mail }',
      'listen:',
      '  - proxyProtocol: [10.0.0.0/33, "fd00::/129", haproxy, 10.0.0.0/]',
      '  - port: 993',
      '    proxyProtocol:',
      '      - 10.0.0.0/8',
      '      - "fe80::1%eth0"',
      '      - "::ffff:10.0.0.0/104"',
      '      - 10',
      '  - { port: 1143, proxyProtocol: 10.0.0.0/8 }',
    ].join('\n'),
    lines: [
      ...['3:21', '3:34', '3:48', '3:57'].map(
        (at, index) => `${at}: listen[0].proxyProtocol[${index}]: ${NETWORK}`,
      ),
      ...['7:9', '8:9', '9:9'].map((at, index) => `${at}: listen[1].proxyProtocol[${index + 1}]: ${NETWORK}`),
      '10:34: listen[2].proxyProtocol: must be a list of networks, each after a dash',
    ],
  },
  {
    name: 'a key written twice, beside what else is wrong',
    yaml: 'upstream:\n  host: a\n  host: b\n  port: x\n',
    lines: [
      '3:3: the key "host" is written twice; only one of them can count',
      '4:9: upstream.port: must be a whole number from 1 to 65535',
    ],
  },
  {
    name: 'an alias without its anchor',
    yaml: 'upstream:\n  host: *server\n',
    lines: ['2:9: *server stands for nothing: no &server before it'],
  },
  {
    name: 'a value behind an alias is placed where it is used',
    yaml: 'limits:\n  loginTimeout: &t 5\nupstream:\n  host: mail\n  connectTimeout: *t\n',
    lines: [
      '2:20: limits.loginTimeout: 5 has no unit; write 5s for seconds or 5ms for milliseconds',
      '5:19: upstream.connectTimeout: 5 has no unit; write 5s for seconds or 5ms for milliseconds',
    ],
  },
  {
    name: 'a second document',
    yaml: 'upstream: { host: mail }\n---\nlog: { level: info }\n',
    lines: ['2:1: a second document begins here; remove this line, or what follows it'],
  },
  {
    name: 'Windows line ends and a byte order mark move nothing',
    yaml: '\uFEFFupstream:\r\n  host: mail\r\n  port: 0\r\n',
    lines: ['3:9: upstream.port: must be a whole number from 1 to 65535'],
  },
];

for (const { name, yaml, lines } of cases) {
  test(name, async (context) => {
    const file = join(folderWith(context, { 'proxy.yaml': yaml }), 'proxy.yaml');
    const result = await loadConfig(file);
    assert.equal(result.kind, 'faults');
    const said = result.kind === 'faults' ? result.faults.map(formatFault) : [];
    assert.deepEqual(
      said,
      lines.map((line) => `${file}:${line}`),
    );
  });
}
