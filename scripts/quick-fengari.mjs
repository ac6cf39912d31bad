/**
 * What is changed in fengari when it is put into the program (docs/decisions/0024). Most of it means the same and takes
 * less time; one thing is a fault of fengari's.
 *
 * Always holds: each change is made as often as it was when somebody looked at it, or the build fails.
 */

/**
 * A value leaves the stack. `delete` is a call into V8's runtime, and half of what a call of a script costs. Storing
 * `undefined` means the same, because fengari only ever reads a slot or stores in it.
 */
const removal = {
  from: /\bdelete ((?:L|from)\.stack\[[^\]]*\]);/g,
  to: '$1 = undefined;',
};

/**
 * A part of a string that is only read. `subarray` of a short array first moves its memory out of V8's heap; `slice`
 * copies a few bytes within it.
 */
const part = (from, to, times = 1) => ({ from, to, times });

const changes = {
  'defs.js': [
    // How strings are copied. It takes anything that can be iterated; fengari has only arrays of bytes for it.
    { from: 'Uint8Array.from.bind(Uint8Array)', to: '(bytes) => new Uint8Array(bytes)', times: 1 },
  ],
  'lapi.js': [
    { ...removal, times: 18 },
    part('luaS_new(L, s.subarray(0, len))', 'luaS_new(L, s.length === len ? s : s.slice(0, len))'),
  ],
  'lauxlib.js': [
    // A buffer that grows for each of its first bytes, and makes a view of itself for every byte.
    {
      from: 'const luaL_prepbuffsize = function(B, sz) {',
      to: 'const makeRoom = function(B, sz) {',
      times: 1,
    },
    {
      from: '    return B.b.subarray(B.n, newend);\n};',
      to: '};\n\nconst luaL_prepbuffsize = function(B, sz) {\n    makeRoom(B, sz);\n    return B.b.subarray(B.n, B.n + sz);\n};',
      times: 1,
    },
    { from: 'Math.max(B.b.length * 2, newend);', to: 'Math.max(B.b.length * 2, newend, 64);', times: 1 },
    { from: '    luaL_prepbuffsize(B, 1);', to: '    if (B.n >= B.b.length) makeRoom(B, 1);', times: 1 },
    {
      from: '        let b = luaL_prepbuffsize(B, l);\n        b.set(s.subarray(0, l));',
      to: '        makeRoom(B, l);\n        B.b.set(s.length === l ? s : s.subarray(0, l), B.n);',
      times: 1,
    },
  ],
  'ldebug.js': [{ ...removal, times: 1 }],
  'ldo.js': [{ ...removal, times: 5 }],
  'lparser.js': [{ ...removal, times: 1 }],
  'lstring.js': [
    // What a string is called as the key of a table, and what `<` compares: its bytes in hexadecimal, but 7 and 0x12
    // would be what 0x71 and 2 are, and a tab would come behind every letter. The character of each byte tells all
    // strings apart, is in the order of the bytes, and takes a fifth of the time.
    {
      from: '    for (let i=0; i<len; i++)\n        s += str[i].toString(16);',
      to: '    for (let i=0; i<len; i+=1024)\n        s += String.fromCharCode.apply(null, len <= 1024 ? str : str.slice(i, i+1024));',
      times: 1,
    },
  ],
  'lstrlib.js': [
    part('s.subarray(start - 1, (start - 1) + (end - start + 1))', 's.slice(start - 1, end)'),
    {
      from: 'return luastring_eq(a.subarray(ai, ai+len), b.subarray(bi, bi+len));',
      to: 'for (let at=0; at<len; at++)\n        if (a[ai+at] !== b[bi+at]) return false;\n    return true;',
      times: 1,
    },
    part('ms.src.subarray(s, e), e - s', 'ms.src.slice(s, e), e - s', 3),
    part(
      'ms.src.subarray(ms.capture[i].init), l',
      'ms.src.slice(ms.capture[i].init, ms.capture[i].init + l), l',
    ),
    { from: 'luastring_eq(arr.subarray(i, i+sl), subarr)', to: 'array_cmp(arr, i, subarr, 0, sl)', times: 1 },
    {
      from: 'find_subarray(s.subarray(init - 1), p, 0)',
      to: 'find_subarray(s, p, init - 1) - (init - 1)',
      times: 1,
    },
    part('p = p.subarray(1);', 'p = p.slice(1);', 2),
    part('ms.src.subarray(src, ms.src_end)', 'ms.src.slice(src, ms.src_end)'),
  ],
  'ltm.js': [{ ...removal, times: 1 }],
  'lvm.js': [{ ...removal, times: 3 }],
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
