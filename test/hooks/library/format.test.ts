/** `string.format`: what C's printf says, for any bytes. */
import { holds } from './holds.ts';

holds(
  'strings are bytes: whatever a folder is called, it has a width',
  `assert_equal("ab\\255   |", string.format("%-6s|", "ab\\255"))
  assert_equal("    \\255\\254|", string.format("%6s|", "\\255\\254"))
  assert_equal("\\255\\254", string.format("%.2s", "\\255\\254\\253"))
  assert_equal("ü  |\\195", string.format("%-4s|%.1s", "ü", "ü"))
  assert_equal("   ab|   abc|", string.format("%5s|%6.3s|", "ab", "abcdef"))
  assert_equal("a\\0b nil true 1.5", string.format("%s %s %s %s", "a\\0b", nil, true, 1.5))
  assert_equal("  true|x|", string.format("%6s|%1s|", true, setmetatable({}, { __tostring = function() return "x" end })))
  assert_equal(string.rep("x", 200), string.format("%5s", string.rep("x", 200)))
  assert_equal("\\255%A    B|", string.format("\\255%%%c%5c|", 65, 66))
  assert_equal([["a\\\\\\
\\0b\\"\\r"]], (string.format("%q", 'a\\\\\\n\\0b"\\r'):gsub("\\\\13", "\\\\r")))
  assert_equal("0x1p+0 10", string.format("%a %q", 1, 10))`,
);

holds(
  'whole numbers: sign, width, precision, prefix',
  `assert_equal("3|   42|42   |-0042|+5| 5|7", string.format("%d|%5d|%-5d|%05d|%+d|% d|%i", 3, 42, 42, -42, 5, 5, 7))
  assert_equal("00042|     007|  -07|", string.format("%.5d|%8.3d|%05.2d|", 42, 7, -7))
  assert_equal("ff|FF|0xff|0XFF|10|010|0", string.format("%x|%X|%#x|%#X|%o|%#o|%#x", 255, 255, 255, 255, 8, 8, 0))
  assert_equal("ffffffff|000000ff|0x00ff|4294967295|||", string.format("%x|%08x|%#06x|%u|%.0d|%.0x|", -1, 255, 255, -1, 0, 0))
  assert_equal("10 3 -2147483648", string.format("%d %d %d", "10", 3.0, math.mininteger))`,
);

holds(
  'fractions: %f, %e and %g, rounded as C does',
  `assert_equal(" 3.14|2.50    |-0002.50|+2.2| 2.2", string.format("%5.2f|%-8.2f|%08.2f|%+.1f|% .1f", 3.14159, 2.5, -2.5, 2.25, 2.25))
  assert_equal("0 2 2 4 1.00 0.1250 0.12 3.", string.format("%.0f %.0f %.0f %.0f %.2f %.4f %.2f %#.0f", 0.5, 1.5, 2.5, 3.5, 1.005, 0.125, 0.125, 3))
  assert_equal("1000000000000000000000.00 123456789012345677877719597056", string.format("%.2f %.0f", 1e21, 123456789012345678e12))
  assert_equal("0.10000000000000000555 -0.000000", string.format("%.20f %f", 0.1, -0.0))
  assert_equal("1.234568e+04 0.000e+00 2e+00 1e+100 1.5E-07", string.format("%e %.3e %.0e %.0e %.1E", 12345.678, 0, 2.5, 1e100, 1.5e-7))
  assert_equal("100000 1e+06 1e+20 0.0001 1e-05 0.1 1.23457e+08", string.format("%g %g %g %g %g %g %g", 100000, 1e6, 1e20, 0.0001, 1e-5, 0.1, 123456789))
  assert_equal("1.23e+03|      3.14|3.1415926535898|0.3|1.00000|1E-10|0", string.format("%.3g|%10.3g|%.14g|%g|%#g|%G|%g", 1234.5, 3.14159, math.pi, 0.1 + 0.2, 1, 1e-10, 0))
  assert_equal("inf|-inf|  inf|  nan|INF", string.format("%f|%g|%05.1f|%5g|%E", 1 / 0, -1 / 0, 1 / 0, 0 / 0, 1 / 0))
  assert_equal(56, #string.format("%.99g", 1 / 3))`,
);

holds(
  'what is wrong is told at the line of the script',
  `local function wrong(message, ...)
    local given = table.pack(...)
    assert_error(function() local text = string.format(table.unpack(given, 1, given.n)) end, "^x_test.lua:4: " .. message)
  end
  wrong("bad argument #2 to 'format' %(no value%)$", "%d")
  wrong("bad argument #2 to 'format' %(number has no integer representation%)$", "%d", 3.5)
  wrong("bad argument #2 to 'format' %(number expected, got string%)$", "%f", "x")
  wrong("bad argument #2 to 'format' %(string contains zeros%)$", "%20s", "a\\0b")
  wrong("bad argument #2 to 'format' %(value has no literal form%)$", "%q", {})
  wrong("invalid option '%%y' to 'format'$", "%y", 1)
  wrong("invalid format %(width or precision too long%)$", "%123d", 1)
  wrong("invalid format %(width or precision too long%)$", "%.100f", 1)
  wrong("invalid format %(repeated flags%)$", "%------d", 1)`,
);
