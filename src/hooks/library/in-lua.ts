/**
 * The part of the library that is written in Lua: words of capabilities and attributes as sets, the cache, and what
 * Lua 5.2 called otherwise. What always holds: its own functions are locals, so that a script which replaces a global breaks nothing in here.
 */
import { CACHED } from '../limits.ts';

/**
 * `imap.capabilities`, `imap.attributes`, `cache.get`, `cache.set`, `unpack`, `loadstring`, `math.atan2`. The tables
 * are there already, and `load` takes text only.
 */
export const libraryInLua: string = `
unpack, loadstring, math.atan2 = table.unpack, load, math.atan

local setmetatable, select, error, type, pairs = setmetatable, select, error, type, pairs
local gmatch, upper, concat, remove = string.gmatch, string.upper, table.concat, table.remove

-- Words in the order in which they came; upper and lower case are the same.
local Words = {}
Words.__index = Words

function Words:has(word)
  return self.known[upper(word)] ~= nil
end

function Words:add(...)
  for at = 1, select("#", ...) do
    local word = (select(at, ...))
    if not self:has(word) then
      self.list[#self.list + 1] = word
      self.known[upper(word)] = true
    end
  end
  return self
end

function Words:remove(...)
  for at = 1, select("#", ...) do
    local wanted = upper((select(at, ...)))
    if self.known[wanted] then
      self.known[wanted] = nil
      for place = #self.list, 1, -1 do
        if upper(self.list[place]) == wanted then remove(self.list, place) end
      end
    end
  end
  return self
end

function Words:tostring()
  local text = concat(self.list, " ")
  return self.spaced and text ~= "" and " " .. text .. " " or text
end

Words.__tostring = Words.tostring

local function words(text, spaced)
  if type(text) ~= "string" then error("a string of words is needed, not a " .. type(text), 3) end
  local set = setmetatable({ list = {}, known = {}, spaced = spaced }, Words)
  for word in gmatch(text, "[^ ]+") do set:add(word) end
  return set
end

-- No tail calls: an error names the line of the script that called.
function imap.capabilities(text)
  local set = words(text, true)
  return set
end

function imap.attributes(text)
  local set = words(text, false)
  return set
end

local entries, count = {}, 0

local function sweep(now)
  for key, entry in pairs(entries) do
    if entry.till <= now then entries[key], count = nil, count - 1 end
  end
  if count >= ${CACHED} then entries, count = {}, 0 end
end

function cache.get(key)
  local entry = entries[key]
  if entry == nil then return nil end
  if entry.till > os.time() then return entry.value end
  entries[key], count = nil, count - 1
  return nil
end

function cache.set(key, value, ttl)
  if type(ttl) ~= "number" or ttl <= 0 then error("the third value must be the seconds that it is kept", 2) end
  if entries[key] ~= nil then count = count - 1 end
  entries[key] = nil
  if value == nil then return end
  if count >= ${CACHED} then sweep(os.time()) end
  entries[key], count = { value = value, till = os.time() + ttl }, count + 1
end
`;
