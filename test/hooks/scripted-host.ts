/** A hook host around a script that a test writes down, with everything that it reports. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { HookEvent, HookHost, HookSession, HookSettings } from '../../src/hooks/hook-host.ts';
import { createHookHost } from '../../src/hooks/host.ts';
import { applyFates, packFolders } from '../../src/rewrite/folders.ts';
import type { HookContext, NameEncoding, Question } from '../../src/rewrite/question.ts';

export const context: HookContext = {
  session: 's1',
  client: '10.0.0.5',
  server: '192.0.2.1',
  serverport: 993,
  tls: true,
  user: 'anna',
  command: 'LIST',
};

export interface ScriptedHost {
  readonly host: HookHost;
  readonly session: HookSession;
  readonly events: HookEvent[];
}

/** A folder of the test's own with these files in it. */
export function folderWith(test: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'imapveil-hooks-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Opens a script file; the host is closed when the test ends. Throws where the script has a fault. */
export async function openFile(
  test: TestContext,
  script: string,
  settings: Partial<HookSettings> = {},
): Promise<ScriptedHost> {
  const events: HookEvent[] = [];
  const host = await createHookHost({ deadline: 2000, onError: 'pass', ...settings, script }, (event) => {
    if (event.kind !== 'answered') events.push(event);
  });
  if ('fault' in host) throw new Error(host.fault);
  test.after(() => host.close());
  return { host, session: host.openSession(), events };
}

/** Opens this text as `script.lua`. */
export async function openScript(
  test: TestContext,
  text: string | Uint8Array,
  settings: Partial<HookSettings> = {},
): Promise<ScriptedHost> {
  return openFile(test, join(folderWith(test, { 'script.lua': text }), 'script.lua'), settings);
}

/** What is wrong with this text as `script.lua`; undefined where nothing is. */
export async function faultOf(test: TestContext, text: string | Uint8Array): Promise<string | undefined> {
  const script = join(folderWith(test, { 'script.lua': text }), 'script.lua');
  const host = await createHookHost({ script, deadline: 1000, onError: 'pass' }, () => {});
  if ('fault' in host) return host.fault;
  await host.close();
  return undefined;
}

/** `* LIST (\HasNoChildren) "/" "name"`, the name as it stands on the wire (latin1). */
export function listed(name: string, attributes = '\\HasNoChildren', extended = ''): Uint8Array {
  return Buffer.from(`* LIST (${attributes}) "/" "${name}"${extended}\r\n`, 'latin1');
}

/** The question about these responses. */
export function asking(
  responses: readonly Uint8Array[],
  names: NameEncoding = 'modified-utf7',
): Question & { kind: 'list' } {
  return { kind: 'list', names, context, folders: packFolders(responses) };
}

export function listQuestion(...names: string[]): Question & { kind: 'list' } {
  return asking(names.map((name) => listed(name)));
}

/** Asks about folders; each comes back as the text of its response, or undefined where it is hidden. */
export async function list(
  session: HookSession,
  question: Question & { kind: 'list' },
): Promise<(string | undefined)[]> {
  const answer = await session.ask(question);
  if (answer.kind !== 'list') throw new Error(`a list was answered by ${answer.kind}`);
  return applyFates(question.folders, answer.fates).map(
    (bytes) => bytes && Buffer.from(bytes).toString('latin1'),
  );
}

export async function capability(session: HookSession, capabilities: string): Promise<string> {
  const answer = await session.ask({ kind: 'capability', capabilities, context });
  if (answer.kind !== 'capability') throw new Error(`a capability was answered by ${answer.kind}`);
  return answer.capabilities;
}

export async function encryption(session: HookSession, mode: 0 | 1 | 3, serverport = 993): Promise<number> {
  const answer = await session.ask({ kind: 'encryption', mode, context: { ...context, serverport } });
  if (answer.kind !== 'encryption') throw new Error(`an encryption was answered by ${answer.kind}`);
  return answer.mode;
}

/** The messages of the calls that failed. */
export function failures(events: readonly HookEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'failed' ? [event.message] : []));
}
