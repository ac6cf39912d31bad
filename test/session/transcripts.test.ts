import { test } from 'node:test';
import type { SessionSettings } from '../../src/session/conversation.ts';
import { readCases } from '../support/cases.ts';
import { type Cut, hidingScript, parseTranscript, replay } from '../support/transcript.ts';

for (const { name, settings, blocks } of readCases('session')) {
  test(name, () => {
    const exchanges = parseTranscript(blocks.get('transcript')!);
    const script = settings.get('script') === 'hides';
    const asks = (kind: string): boolean => settings.get('asks')?.includes(kind) === true;
    const sessionSettings: SessionSettings = {
      session: 's1',
      client: '192.0.2.1',
      clientport: 54321,
      server: '192.0.2.2',
      serverport: Number(settings.get('port') ?? 143),
      defaultMode: Number(settings.get('mode') ?? 0) as 0 | 1 | 3,
      upstreamEncryption: (settings.get('upstream') ?? 'none') as 'none' | 'starttls' | 'tls',
      identify: settings.get('identify') === 'true',
      failsOver: settings.get('failsover') === 'true',
      preLoginLine: 200,
      preLoginLiteral: 1000,
      enforce: settings.get('enforce') === 'true',
      guardsLogin: settings.get('guards') === 'true',
      commandsAsked: settings.get('commands')?.split(', ') ?? [],
      hooks: {
        defines: {
          ...{ encryption: script, capability: script, list: script },
          ...{ login: asks('login'), greeting: asks('greeting'), id: asks('id'), command: asks('command') },
        },
      },
    };
    const longest = Math.max(...exchanges.map(({ step }) => (step.kind === 'send' ? step.bytes.length : 0)));
    const cuts: Cut[] = settings.get('cut') === 'whole' ? ['whole'] : ['whole', 'bytes'];
    if (cuts.length > 1) for (let at = 1; at < longest; at++) cuts.push(at);
    for (const cut of cuts) replay(exchanges, { settings: sessionSettings, answer: hidingScript, cut });
  });
}
