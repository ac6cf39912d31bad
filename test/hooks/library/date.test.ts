/** `os.date`: what C's strftime says, in UTC and where the machine is. */
import { holds, holdsInProgram } from './holds.ts';

holds(
  'os.date in UTC: every conversion',
  `assert_equal("1970-01-01 00:00:00", os.date("!%Y-%m-%d %H:%M:%S", 0))
  assert_equal("Thu Jan  1 00:00:00 1970|01/01/70|00:00:00|AM|am", os.date("!%c|%x|%X|%p|%P", 0))
  assert_equal("01/01/70|1970-01-01|12:00:00 AM|00:00|00:00:00", os.date("!%D|%F|%r|%R|%T", 0))
  assert_equal("Thu Thursday Jan January Jan 19 01  1 70 00 12  0 12", os.date("!%a %A %b %B %h %C %d %e %y %H %I %k %l", 0))
  assert_equal("001 01 00 00 4 4 00 00 01 70 1970", os.date("!%j %m %M %S %u %w %U %W %V %g %G", 0))
  assert_equal("100%\\n\\t0 +0000 GMT", os.date("!100%%%n%t%s %z %Z", 0))
  assert_equal("366 52 52 53 2020", os.date("!%j %U %W %V %G", 1609372800))
  assert_equal("001 00 00 53 2020 20", os.date("!%j %U %W %V %G %g", 1609459200))
  assert_equal("004 01 01 01 2021 1", os.date("!%j %U %W %V %G %u", 1609718400))
  assert_equal("70 01 \\255", os.date("!%Ey %Od \\255", 0))
  assert_equal("2099", os.date("!%Y", 4086892800.5))
  assert_equal({ year = 2024, month = 12, day = 31, hour = 23, min = 59, sec = 58, wday = 3, yday = 366, isdst = false },
    os.date("!*t", 1735689598))
  assert_equal(os.date("*t").year, tonumber(os.date("%Y")))
  assert_error(function() local text = os.date("%Q") end, "^x_test.lua:16: bad argument #1 to 'date' %(invalid conversion specifier '%%Q'%)$")
  assert_error(function() os.date("%") end, "invalid conversion specifier '%%'")
  assert_error(function() os.date("%Y", 1e300) end, "time out%-of%-bounds")
  assert_error(function() os.date("%Y", "x") end, "number expected, got string")`,
);

holdsInProgram(
  'os.date where the machine is: summer has all its hours',
  `assert_equal("1969-12-31 19:00:00 365 -0500", os.date("%Y-%m-%d %H:%M:%S %j %z", 0))
  -- The first of July, half past midnight.
  local summer = os.date("*t", 1782880200)
  assert_equal("182 -0400 26 26", os.date("%j %z %U %W", 1782880200))
  assert_equal({ 0, 30, 182, true }, { summer.hour, summer.min, summer.yday, summer.isdst })
  assert_equal(1782880200, os.time(summer))
  assert_equal({ 4, 182, false }, { os.date("!*t", 1782880200).hour, os.date("!*t", 1782880200).yday, os.date("!*t", 1782880200).isdst })
  assert_false(os.date("*t", 0).isdst)`,
  { TZ: 'America/New_York' },
);
