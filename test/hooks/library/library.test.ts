/** The library of scripts, tried as a script would: each block is a test file of its own, run in the sandbox. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { holds } from './holds.ts';

let folder = '';
before(async () => {
  folder = await temporaryFolder();
});
after(() => removeFolder(folder));

holds(
  'imap.capabilities: a set of words, written as DoCapability returns them',
  `local caps = imap.capabilities(" IMAP4rev1 IDLE  Auth=Plain IDLE ")
  assert_true(caps:has("idle"))
  assert_false(caps:has("IDL"))
  assert_equal(" IMAP4rev1 Auth=Plain ", caps:remove("Idle", "NAMESPACE"):tostring())
  assert_false(caps:has("IDLE"))
  assert_equal(" IMAP4rev1 Auth=Plain ID ", tostring(caps:add("ID", "IMAP4REV1")))
  assert_equal("", tostring(imap.capabilities("")))
  assert_error(function() imap.capabilities(nil) end, "x_test.lua:%d+: a string of words is needed, not a nil")`,
);

holds(
  'imap.attributes: the same, without spaces at the ends',
  `local attributes = imap.attributes("\\\\HasNoChildren \\\\Sent")
  assert_true(attributes:has("\\\\sent"))
  assert_equal("\\\\HasNoChildren \\\\Drafts", attributes:remove("\\\\Sent"):add("\\\\Drafts"):tostring())
  assert_equal("", imap.attributes("\\\\A"):remove("\\\\a"):tostring())`,
);

holds(
  'imap.match: * is anything, % anything within one level, INBOX in any case (RFC 9051 §6.3.9.5)',
  `assert_true(imap.match("Archive/2024/May", "Archive/*"))
  assert_true(imap.match("Archive/2024", "Archive/%"))
  assert_false(imap.match("Archive/2024/May", "Archive/%"))
  assert_true(imap.match("Archive/2024/May", "%/%/%"))
  assert_true(imap.match("a.b", "%"))
  assert_false(imap.match("a.b", "%", "."))
  assert_true(imap.match("inbox", "INBOX"))
  assert_false(imap.match("sent", "Sent"))
  assert_true(imap.match("", "*"))
  assert_false(imap.match("a", ""))
  assert_true(imap.match("Entwürfe", "Entw*rfe"))
  -- The names that cost Lua's own patterns seconds (L5).
  local name = string.rep("a", 500)
  assert_false(imap.match(name, string.rep("*a", 200) .. "b"))`,
);

holds(
  'ip.within: networks and single addresses of both families',
  `assert_true(ip.within("10.1.2.3", "10.0.0.0/8"))
  assert_false(ip.within("11.1.2.3", "10.0.0.0/8", "192.0.2.0/24"))
  assert_true(ip.within("192.0.2.255", "10.0.0.0/8", "192.0.2.0/24"))
  assert_true(ip.within("192.0.2.7", "192.0.2.7"))
  assert_false(ip.within("192.0.2.8", "192.0.2.7"))
  assert_true(ip.within("2001:db8::1", "2001:DB8::/32"))
  assert_false(ip.within("2001:db9::1", "2001:db8::/32", "10.0.0.0/8"))
  assert_true(ip.within("198.51.100.1", "0.0.0.0/0"))
  assert_false(ip.within("198.51.100.1", "::/0"))
  assert_false(ip.within("10.0.0.1"))
  assert_error(function() ip.within("10.0.0.1", "10.0.0/8") end, '"10.0.0/8" is no network')
  assert_error(function() ip.within("10.0.0.1", "10.0.0.0/33") end, "no network")
  assert_error(function() ip.within("localhost", "10.0.0.0/8") end, '"localhost" is not an IP address')`,
);

holds(
  'json: both ways, and what cannot be said',
  `local value = json.decode('{"a": [1, 2.5, "\\\\u00fc", true, null], "__proto__": {}, "big": 4294967296, "no": null}')
  assert_equal({ 1, 2.5, "ü", true }, value.a)
  assert_equal({}, value["__proto__"])
  assert_equal(4294967296.0, value.big)
  assert_equal(nil, value.no)
  assert_equal('[1,2,{"k":"ü"}]', json.encode({ 1, 2, { k = "ü" } }))
  assert_equal('{"1":"a","x":false}', json.encode({ "a", x = false }))
  assert_equal("{}", json.encode({}))
  assert_equal("null", json.encode(nil))
  assert_equal(value.a, json.decode(json.encode(value.a)))
  local wrong, message = json.decode("{")
  assert_equal(nil, wrong)
  assert_equal("this is no JSON", message)
  assert_equal("this is no JSON", (select(2, json.decode('"\\255"'))))
  assert_equal("nested too deeply", (select(2, json.decode(string.rep("[", 100) .. string.rep("]", 100)))))
  local own = {}
  own.own = own
  assert_error(function() json.encode(own) end, "nested too deeply, or holds itself")
  assert_error(function() json.encode({ print }) end, "a function cannot be JSON")
  assert_error(function() json.encode("\\255") end, "not UTF%-8")
  assert_error(function() json.encode(1 / 0) end, "no such number")
  assert_error(function() json.encode({ [true] = 1 }) end, "cannot be a key")`,
);

holds(
  'json.encode refuses what is too long before anything is made of it, for V8 would end the whole process',
  `local function refused(value)
    assert_error(function() json.encode(value) end, "the JSON would have more than 1048576 bytes")
  end
  local long = string.rep("a", 1048000) .. "ä€"
  for _ = 1, 6 do long = long .. long end
  refused(long)
  local many = {}
  for at = 1, 1000 do many[at] = string.rep("x", 1000) end
  assert_equal(1003001, #json.encode(many))
  many[1001] = string.rep("x", 50000)
  refused(many)
  -- Few tables, but each in many places.
  local value = 1
  for _ = 1, 40 do value = { value, value } end
  refused(value)`,
);

holds(
  'cache: kept for so many seconds, any value, and never too many',
  `local now = 1000
  os.time = function() return now end
  local rules = { hidden = {} }
  cache.set("rules", rules, 60)
  cache.set("other", "x", 5)
  assert_true(cache.get("rules") == rules)
  now = 1005
  assert_equal(nil, cache.get("other"))
  assert_true(cache.get("rules") == rules)
  now = 1060
  assert_equal(nil, cache.get("rules"))
  cache.set("gone", 1, 60)
  cache.set("gone", nil, 60)
  assert_equal(nil, cache.get("gone"))
  assert_error(function() cache.set("key", 1) end, "seconds that it is kept")
  for at = 1, 10000 do cache.set(at, at, 60) end
  assert_equal(1, cache.get(1))
  now = 1130
  cache.set("new", 1, 60)
  assert_equal(1, cache.get("new"))
  assert_equal(nil, cache.get(2))
  for at = 1, 10000 do cache.set(at, at, 60) end
  assert_equal(10000, cache.get(10000))`,
);

holds(
  'cache: what is kept for very long is kept',
  `for at, ttl in ipairs({ 1000000000, 2000000000, math.maxinteger, 1e18, 1 / 0 }) do
    cache.set(at, "kept", ttl)
    assert_equal("kept", cache.get(at))
  end`,
);

holds(
  'a mistake with words or with the cache is told at the line of the script',
  `local set = imap.capabilities(" IDLE ID ")
  assert_error(function() set:remove(nil) local x end, "^x_test.lua:3: a word must be a string, not a nil$")
  assert_error(function() set:remove("ID", 5) local x end, "^x_test.lua:4: a word must be a string, not a number$")
  assert_error(function() set:add({}) local x end, "^x_test.lua:5: a word must be a string, not a table$")
  assert_error(function() local x = set:has() end, "^x_test.lua:6: a word must be a string, not a nil$")
  assert_error(function() set.remove("IDLE", "ID") local x end, "^x_test.lua:7: words are missing: .* with a colon")
  assert_error(function() local x = set.tostring() end, "^x_test.lua:8: words are missing: .* with a colon")
  assert_error(function() cache.set(nil, 1, 60) local x end, "^x_test.lua:9: the key must not be nil or NaN$")
  assert_error(function() cache.set(0 / 0, 1, 60) local x end, "^x_test.lua:10: the key must not be nil or NaN$")
  assert_equal(" IDLE ", set:tostring())`,
);

test('log has levels, config has the settings, and the cache is shared by all sessions', async () => {
  const events: unknown[] = [];
  const { createHookHost } = await import('../../../src/hooks/host.ts');
  const script = join(folder, 'log.lua');
  await writeFile(
    script,
    `function DoGreeting(client, greeting)
  log.info("one", config.names[2])
  log.warn(config.deep.x)
  log.error(cache.get("seen"))
  cache.set("seen", client, 60)
  return greeting
end`,
  );
  const settings = { names: ['a', 'ü'], deep: { x: 7 } };
  const host = await createHookHost({ script, deadline: 1000, onError: 'pass', settings }, (event) =>
    events.push(event),
  );
  assert.ok(!('fault' in host));
  const context = {
    ...{ session: 's', client: '192.0.2.1', server: '192.0.2.2', serverport: 143, tls: false },
    ...{ user: undefined, command: undefined },
  };
  for (let session = 0; session < 2; session++) {
    await host.openSession().ask({ kind: 'greeting', text: 'hello', context });
  }
  await host.close();
  const printed = events.filter((event) => (event as { kind: string }).kind === 'printed');
  const lines = (seen: string) => [
    { kind: 'printed', text: 'one\\tü', level: 'info' },
    { kind: 'printed', text: '7', level: 'warn' },
    { kind: 'printed', text: seen, level: 'error' },
  ];
  assert.deepEqual(printed, [...lines('nil'), ...lines('192.0.2.1')]);
});
