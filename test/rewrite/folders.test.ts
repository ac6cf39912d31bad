import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../src/imap-parser-lite/index.ts';
import {
  applyFates,
  fatesOf,
  HIDDEN,
  KEPT,
  packFolders,
  sameFate,
  unpackFolders,
} from '../../src/rewrite/folders.ts';
import { FolderBatch } from '../../src/session/folder-batch.ts';

const name = fc.constantFrom('a', 'b', 'c/d', 'INBOX');
const piece = fc.oneof(
  fc.record({
    kind: fc.constant('folder' as const),
    name,
    fate: fc.constantFrom('kept', 'hidden', 'changed'),
  }),
  fc.record({ kind: fc.constant('companion' as const), name }),
);

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function listed(of: string): Buffer {
  return Buffer.from(`* LIST () "/" ${of}\r\n`);
}

test('what is packed is unpacked, and fates say what leaves', () => {
  const responses = [listed('a'), listed('bb'), Buffer.from('* LIST () "/" {3}\r\nc\r\n\r\n'), listed('d')];
  const folders = packFolders(responses);
  assert.deepEqual(unpackFolders(folders).map(text), responses.map(text));
  const [first, , , last] = unpackFolders(folders);
  const other = listed('other');
  const fates = fatesOf(folders, [first, undefined, other, last]);
  assert.deepEqual([...fates.lengths], [KEPT, HIDDEN, other.length, KEPT]);
  assert.deepEqual(
    applyFates(folders, fates).map((each) => each && text(each)),
    [text(responses[0]!), undefined, text(other), text(responses[3]!)],
  );
  assert.deepEqual(applyFates(folders, sameFate(folders, HIDDEN)), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('P24: a batch leaves in its order, what belongs to a hidden folder gone, however it was put together', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, asRuns) => {
      const batch = new FolderBatch();
      const leaving: (Buffer | undefined)[] = [];
      let run: Buffer[] = [];
      const flush = (): void => {
        if (run.length > 0)
          batch.addFolders(
            concat(run),
            run.map(({ length }) => length),
          );
        run = [];
      };
      for (const each of pieces) {
        if (each.kind === 'companion') {
          flush();
          batch.addCompanion(Buffer.from(`* STATUS ${each.name}\r\n`), each.name);
          continue;
        }
        const response = listed(each.name);
        if (asRuns) run.push(response);
        else batch.addFolder(response);
        leaving.push(
          each.fate === 'kept' ? response : each.fate === 'hidden' ? undefined : listed('changed'),
        );
      }
      flush();
      const folders = batch.folders();
      const known = unpackFolders(folders);
      const fates = fatesOf(
        folders,
        leaving.map((each, at) => (each?.equals(known[at]!) ? known[at] : each)),
      );

      const hidden = new Set<string>();
      let expected = '';
      for (const each of pieces) {
        if (each.kind === 'companion') {
          if (!hidden.has(each.name)) expected += `* STATUS ${each.name}\r\n`;
        } else if (each.fate === 'hidden') {
          hidden.add(each.name);
        } else {
          hidden.delete(each.name);
          expected += String(each.fate === 'kept' ? listed(each.name) : listed('changed'));
        }
      }
      assert.equal(String(Buffer.from(batch.release(fates, 'modified-utf7', 2))), expected);
      assert.equal(batch.hidesSome, hidden.size > 0);
      assert.ok(batch.isEmpty);
    }),
  );
});
