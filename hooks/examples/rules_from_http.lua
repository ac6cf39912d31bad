-- Which folders a user does not see, a web service says: GET /hidden?user=anna answers ["Journal", "Notes/*"].
-- For: those who have such rules in a database or in their user administration. proxy.yaml says where it is:
--
--   hooks:
--     script: hooks/rules_from_http.lua
--     http: { allow: [rules.internal:8080], timeout: 2s }
--     settings: { rules: "http://rules.internal:8080/hidden?user=" }

local FRESH = 300 -- seconds until the service is asked again
local KEPT = 86400 -- and seconds for which the last answer holds while it is gone
local RETRY = 10 -- seconds until a service that is gone is asked again

local function escaped(text)
  return (text:gsub("[^%w._~-]", function(character) return ("%%%02X"):format(character:byte()) end))
end

local function ask(user)
  local reply, message = http.get(config.rules .. escaped(user))
  if not reply then
    return nil, message
  end
  if reply.status ~= 200 then
    return nil, "status " .. reply.status
  end
  local patterns, wrong = json.decode(reply.body)
  if type(patterns) ~= "table" then
    return nil, wrong or "the answer is no list"
  end
  return patterns
end

-- The patterns of a user. While somebody asks for them again, the last answer serves everybody else.
local function patterns_of(user)
  local fresh = cache.get("fresh " .. user)
  if fresh then
    return fresh
  end
  local last = cache.get("last " .. user)
  if last then
    cache.set("fresh " .. user, last, RETRY)
  end
  local patterns, message = ask(user)
  if not patterns then
    log.warn("no rules for " .. user .. ": " .. message)
    cache.set("fresh " .. user, last or {}, RETRY)
    return last or {}
  end
  cache.set("fresh " .. user, patterns, FRESH)
  cache.set("last " .. user, patterns, KEPT)
  return patterns
end

function DoListResult(foldername, attributes, extended, context)
  -- Mechanisms such as NTLM show no name. Whose rules hold is not known then, so what somebody may hide is not shown.
  if not context.user then
    return foldername:upper() == "INBOX", attributes, extended
  end
  for _, pattern in ipairs(patterns_of(context.user)) do
    if imap.match(foldername, pattern) then
      return false
    end
  end
  return true, attributes, extended
end
