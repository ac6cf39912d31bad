/**
 * What is changed in fengari when it is put into the program (docs/decisions/0024). Most of it means the same and takes
 * less time; what strings are called in tables, and the order of what is written between braces, are faults of fengari's.
 *
 * Always holds: each change is made as often as it was when somebody looked at it, or the build fails.
 */

/** Every place of this text, or of this expression with one group, becomes that. */
const change = (from, to, times = 1) => ({ from, to, times });

/**
 * A value leaves the stack. `delete` is a call into V8's runtime, and half of what a call of a script costs. Storing
 * `undefined` means the same, because fengari only ever reads a slot or stores in it.
 */
const removals = (times) => change(/\bdelete ((?:L|from)\.stack\[[^\]]*\]);/g, '$1 = undefined;', times);

/**
 * By file. Where `slice` takes the place of `subarray`, the part of a string is only read: `subarray` of a short array
 * first moves its memory out of V8's heap, `slice` copies a few bytes within it.
 */
const changes = {
  'defs.js': [
    // How strings are copied. It takes anything that can be iterated; fengari has only arrays of bytes for it.
    change('Uint8Array.from.bind(Uint8Array)', '(bytes) => new Uint8Array(bytes)'),
  ],
  'lapi.js': [
    removals(18),
    // With a fourth argument the string is that part of one of Lua's own, and is copied once.
    change(
      'const lua_pushlstring = function(L, s, len) {',
      'const lua_pushlstring = function(L, s, len, from) {',
    ),
    change(
      'luaS_new(L, s.subarray(0, len))',
      'from === undefined ? luaS_new(L, s.length === len ? s : s.slice(0, len)) : luaS_bless(L, s.slice(from, from + len))',
    ),
  ],
  'lauxlib.js': [
    // A buffer that grows for each of its first bytes, and makes a view of itself for every byte.
    change('const luaL_prepbuffsize = function(B, sz) {', 'const makeRoom = function(B, sz) {'),
    change(
      '    return B.b.subarray(B.n, newend);\n};',
      '};\n\nconst luaL_prepbuffsize = function(B, sz) {\n    makeRoom(B, sz);\n    return B.b.subarray(B.n, B.n + sz);\n};',
    ),
    change('Math.max(B.b.length * 2, newend);', 'Math.max(B.b.length * 2, newend, 64);'),
    change('    luaL_prepbuffsize(B, 1);', '    if (B.n >= B.b.length) makeRoom(B, 1);'),
    change(
      '        let b = luaL_prepbuffsize(B, l);\n        b.set(s.subarray(0, l));',
      '        makeRoom(B, l);\n        B.b.set(s.length === l ? s : s.subarray(0, l), B.n);',
    ),
    change('lua_pushlstring(B.L, B.b, B.n)', 'lua_pushlstring(B.L, B.b, B.n, 0)'),
  ],
  'ldebug.js': [removals(1)],
  'ldo.js': [
    removals(5),
    // The handler of errors of JS itself. In a function of Lua the stack is full up to its mark: the handler failed, and
    // a `pcall` got the handler itself in place of a message.
    change(
      'lapi.lua_pushcfunction(L, atnativeerror);',
      'luaD_checkstack(L, 2);\n                    L.ci.top = Math.max(L.ci.top, L.top + 2);\n                    lapi.lua_pushcfunction(L, atnativeerror);',
    ),
  ],
  'lparser.js': [removals(1)],
  'lstring.js': [
    // What a string is called as the key of a table: its bytes in hexadecimal, but 7 and 0x12 would be what 0x71 and 2
    // are. The character of each byte tells all strings apart, and takes a fifth of the time. A name is made in V8's heap
    // and in one step, for which V8 ends the whole process where it does not fit.
    change(
      '    let s = "|";\n',
      '    if (len > 1048576) throw new RangeError("a key of a table with more than 1048576 bytes");\n    let s = "|";\n',
    ),
    change(
      '    for (let i=0; i<len; i++)\n        s += str[i].toString(16);',
      '    for (let i=0; i<len; i+=1024)\n        s += String.fromCharCode.apply(null, len <= 1024 ? str : str.slice(i, i+1024));',
    ),
  ],
  'lstate.js': [change('= NaN;', '= 0;', 9)],
  'lstrlib.js': [
    // Without the place of the argument the message is none.
    change('c <= 255, "value out', 'c <= 255, i, "value out'),
    change(
      'lua_pushstring(L, s.subarray(start - 1, (start - 1) + (end - start + 1)))',
      'lua_pushlstring(L, s, end - start + 1, start - 1)',
    ),
    change(
      'return luastring_eq(a.subarray(ai, ai+len), b.subarray(bi, bi+len));',
      'for (let at=0; at<len; at++)\n        if (a[ai+at] !== b[bi+at]) return false;\n    return true;',
    ),
    change(/(lua_pushlstring\((?:ms\.)?L, ms\.src)\.subarray\(s, e\), e - s/g, '$1, e - s, s', 2),
    change(
      'luaL_addlstring(b, ms.src.subarray(s, e), e - s)',
      'luaL_addlstring(b, ms.src.slice(s, e), e - s)',
    ),
    change('ms.src.subarray(ms.capture[i].init), l', 'ms.src, l, ms.capture[i].init'),
    change('luastring_eq(arr.subarray(i, i+sl), subarr)', 'array_cmp(arr, i, subarr, 0, sl)'),
    change('find_subarray(s.subarray(init - 1), p, 0)', 'find_subarray(s, p, init - 1) - (init - 1)'),
    change('p = p.subarray(1);', 'p = p.slice(1);', 2),
    change('ms.src.subarray(src, ms.src_end)', 'ms.src.slice(src, ms.src_end)'),
  ],
  'ltm.js': [removals(1)],
  'lvm.js': [
    removals(3),
    // Who goes through a table finds what was put into it first, and Lua's own lists are gone through from 1 on.
    change('for (; n > 0; n--) {', 'for (let at = 1; at <= n; at++) {'),
    change(
      'ltable.luaH_setint(h, last--, L.stack[ra + n]);',
      'ltable.luaH_setint(h, last - n + at, L.stack[ra + at]);',
    ),
    // `<` compared what the strings would be called as keys, which is as long as they are, and put a tab behind every
    // letter.
    change('let l = luaS_hashlongstr(ls);', 'let l = ls.getstr();'),
    change(
      'let r = luaS_hashlongstr(rs);',
      'let r = rs.getstr();\n    let len = Math.min(l.length, r.length);\n    for (let at=0; at<len; at++)\n        if (l[at] !== r[at]) return l[at] - r[at];',
    ),
    change(
      'if (l === r)\n        return 0;\n    else if (l < r)\n        return -1;\n    else\n        return 1;',
      'return l.length - r.length;',
    ),
  ],
};

/** The names of the files in which something is changed. */
export const changedFiles = Object.keys(changes);

/** The text of one of fengari's files with everything changed. Throws where it is not the text that was looked at. */
export function quickened(name, source) {
  let text = source;
  for (const { from, to, times } of changes[name] ?? []) {
    const found = text.split(from).length - 1;
    // Splitting by an expression with one group gives two parts for each place.
    const places = from instanceof RegExp ? found / 2 : found;
    if (places !== times) {
      throw new Error(
        `fengari's ${name} has ${from} ${places} times, not ${times}: look at it, then at docs/decisions/0024`,
      );
    }
    text = text.replaceAll(from, to);
  }
  return text;
}
