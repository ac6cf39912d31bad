/** What scripts find that were written for Lua 5.2: its numbers as text, and its functions that Lua 5.3 has no more. */
import { holds } from './holds.ts';

holds(
  'a number without a fraction is written without one, however it came about',
  `assert_equal("Archive/2025", "Archive/" .. ("2026" - 1))
  assert_equal("5", tostring(10 / 2))
  assert_equal("8 8 -3 3", table.concat({ 2 ^ 3, math.pow(2, 3), -6 / 2, "6" / "2" }, " "))
  assert_equal("5 2.5 7", string.format("%s %s %d", 10 / 2, 5 / 2, 14 / 2))
  assert_equal("4294967296", tostring(2 ^ 32))
  assert_equal("2.5 1e+100 7 -2147483648", 5 / 2 .. " " .. 1e100 .. " " .. 3 + 4 .. " " .. math.mininteger)
  assert_equal('[2,2.5,{"1":3,"x":4}]', json.encode({ 4 / 2, 2.5, { [2 / 2] = 3, x = 8 / 2 } }))
  assert_equal("float integer", math.type(4 / 2) .. " " .. math.type(4 // 2))`,
);

holds(
  'functions that Lua 5.3 has elsewhere or no more',
  `assert_equal("2,3", table.concat({ unpack({ 1, 2, 3 }, 2) }, ","))
  assert_equal(7, loadstring("return 3 + 4")())
  assert_true(loadstring("= =", "=chunk") == nil)
  assert_equal("attempt to load a binary chunk (mode is 't')", (select(2, loadstring("\\27Lua"))))
  assert_equal(0, table.maxn({}))
  assert_equal(7, table.maxn({ 1, 2, [7] = 3, [-1] = 4, x = 5 }))
  assert_equal(2.5, table.maxn({ 1, [2.5] = 2 }))
  assert_error(function() table.maxn("x") end, "x_test.lua:9: bad argument #1 to 'maxn'")
  assert_equal("3 1024 48", math.log10(1000) .. " " .. math.pow(2, 10) .. " " .. math.ldexp(0.75, 6))
  assert_equal("0.75 6", table.concat({ math.frexp(48) }, " "))
  assert_equal("0 0", table.concat({ math.frexp(0) }, " "))
  assert_equal("-0.5 -1073", table.concat({ math.frexp(-2.0 ^ -1074) }, " "))
  assert_equal(1 / 0, (math.frexp(1 / 0)))
  assert_equal("1 0 0", math.cosh(0) .. " " .. math.sinh(0) .. " " .. math.tanh(0))
  assert_true(math.atan2(1, -1) == math.atan(1, -1))
  assert_error(function() math.pow(2) end, "x_test.lua:17: bad argument #2 to 'pow' %(number expected, got no value%)")`,
);

holds(
  'bit32: 32 bits, taken modulo 2^32, and never negative',
  `assert_equal("4294967295", tostring(bit32.bnot(0)))
  assert_equal(4294967295, bit32.bnot(2 ^ 32))
  assert_equal(4294967295, bit32.band(-1))
  assert_equal(4294967295, bit32.band(4294967295, 2 ^ 32 + 4294967295, 0xFFFFFFFF))
  assert_equal(4294967295, bit32.band())
  assert_equal(8, bit32.band(12, 10, "9"))
  assert_equal(3232235776, bit32.band(3232235777, 0xFFFFFF00))
  assert_equal(0, bit32.bor())
  assert_equal(3232235777, bit32.bor(192 * 2 ^ 24, 168 * 2 ^ 16, 257))
  assert_equal(6, bit32.bxor(12, 10))
  assert_equal(0, bit32.bxor())
  assert_equal(2147483653, bit32.bxor(5, -2147483648))
  assert_true(bit32.btest(12, 10))
  assert_false(bit32.btest(12, 3))
  assert_true(bit32.btest())
  assert_true(require("bit32") == bit32)
  assert_error(function() bit32.band(1, nil) end, "x_test.lua:18: bad argument #2 to 'band'")
  assert_error(function() bit32.bnot("x") end, "x_test.lua:19: bad argument #1 to 'bnot'")`,
);

holds(
  'bit32: shifts and rotations, to the other side where they are negative, and by any number of places',
  `assert_equal(2147483648, bit32.lshift(1, 31))
  assert_equal(0, bit32.lshift(1, 32))
  assert_equal(0, bit32.lshift(1, -32))
  assert_equal(4294967280, bit32.lshift(-1, 4))
  assert_equal(1, bit32.lshift(16, -4))
  assert_equal(268435455, bit32.rshift(-1, 4))
  assert_equal(16, bit32.rshift(1, -4))
  assert_equal(0, bit32.rshift(-1, 32))
  assert_equal(4294967295, bit32.arshift(-1, 4))
  assert_equal(4294967295, bit32.arshift(-1, 100))
  assert_equal(0, bit32.arshift(1, 100))
  assert_equal(4160749568, bit32.arshift(2 ^ 31, 4))
  assert_equal(4294967280, bit32.arshift(-1, -4))
  assert_equal(0, bit32.arshift(-1, -32))
  assert_equal(1, bit32.lrotate(2 ^ 31, 1))
  assert_equal(2147483648, bit32.rrotate(1, 1))
  assert_equal(2147483648, bit32.lrotate(1, -1))
  assert_equal(5, bit32.lrotate(5, 0))
  assert_equal(10, bit32.rrotate(5, 31))
  assert_equal(10, bit32.lrotate(5, 33))`,
);

holds(
  'bit32: fields',
  `assert_equal(192, bit32.extract(3232235777, 24, 8))
  assert_equal(1, bit32.extract(3232235777, 31))
  assert_equal(4294967295, bit32.extract(-1, 0, 32))
  assert_equal(167772161, bit32.replace(3232235777, 10, 24, 8) - 168 * 2 ^ 16 - 256)
  assert_equal(4294967295, bit32.replace(0, -1, 0, 32))
  assert_equal(2147483648, bit32.replace(0, 3, 31))
  assert_error(function() bit32.extract(1, -1) end, "x_test.lua:8: bad argument #2 to 'extract' %(field cannot be negative%)")
  assert_error(function() bit32.extract(1, 0, 0) end, "x_test.lua:9: bad argument #3 to 'extract' %(width must be positive%)")
  assert_error(function() bit32.replace(1, 1, 30, 3) end, "x_test.lua:10: trying to access non%-existent bits")`,
);
