/**
 * What a test file may call besides everything that a script may, written in Lua itself: an assertion that fails
 * raises an error with the line of the test that called it. `test` is not here, because the thread has to know of it.
 */
export const assertions = `
local type, tostring, pairs, pcall, error = type, tostring, pairs, pcall, error
local find, sort, concat = string.find, table.sort, table.concat

local function show(value, depth)
  if type(value) == "string" then return '"' .. value .. '"' end
  if type(value) ~= "table" or depth > 3 then return tostring(value) end
  local parts = {}
  for key, each in pairs(value) do
    parts[#parts + 1] = "[" .. show(key, depth + 1) .. "] = " .. show(each, depth + 1)
  end
  sort(parts)
  return "{" .. concat(parts, ", ") .. "}"
end

local function same(one, other)
  if type(one) ~= "table" or type(other) ~= "table" then return one == other end
  for key, each in pairs(one) do
    if not same(each, other[key]) then return false end
  end
  for key in pairs(other) do
    if one[key] == nil then return false end
  end
  return true
end

function assert_equal(expected, actual)
  if same(expected, actual) then return end
  error("expected " .. show(expected, 0) .. ", got " .. show(actual, 0), 2)
end

function assert_true(value)
  if not value then error("expected true, got " .. show(value, 0), 2) end
end

function assert_false(value)
  if value then error("expected false, got " .. show(value, 0), 2) end
end

function assert_error(call, pattern)
  local fine, message = pcall(call)
  if fine then error("expected an error, and there was none", 2) end
  if pattern == nil or find(tostring(message), pattern) then return end
  error("expected an error like " .. show(pattern, 0) .. ", got " .. show(message, 0), 2)
end
`;
