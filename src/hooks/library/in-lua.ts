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

local getmetatable, setmetatable, select, error, type, pairs = getmetatable, setmetatable, select, error, type, pairs
local gmatch, upper, concat, remove = string.gmatch, string.upper, table.concat, table.remove

-- Words in the order in which they came; upper and lower case are the same.
local Words = {}
Words.__index = Words

-- Level 3 is the line of the script that called a function of the set.
local function checked(set)
  if getmetatable(set) ~= Words then error("words are missing: call it with a colon, as words:has(word)", 3) end
end

local function key(word)
  if type(word) ~= "string" then error("a word must be a string, not a " .. type(word), 3) end
  return (upper(word))
end

function Words:has(word)
  checked(self)
  local wanted = key(word)
  return self.known[wanted] ~= nil
end

function Words:add(...)
  checked(self)
  for at = 1, select("#", ...) do
    local word = (select(at, ...))
    local wanted = key(word)
    if not self.known[wanted] then
      self.list[#self.list + 1] = word
      self.known[wanted] = true
    end
  end
  return self
end

function Words:remove(...)
  checked(self)
  for at = 1, select("#", ...) do
    local wanted = key((select(at, ...)))
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
  checked(self)
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
  if key == nil or key ~= key then error("the key must not be nil or NaN", 2) end
  if type(ttl) ~= "number" or ttl <= 0 then error("the third value must be the seconds that it is kept", 2) end
  if entries[key] ~= nil then count = count - 1 end
  entries[key] = nil
  if value == nil then return end
  if count >= ${CACHED} then sweep(os.time()) end
  -- As a float: integers have 32 bits, and what is kept for decades would be over already.
  entries[key], count = { value = value, till = os.time() + 0.0 + ttl }, count + 1
end
`;
