-- Phones see INBOX and this year's archive, and nothing else.
-- For: mailboxes with thousands of folders, whose list takes a phone minutes and megabytes.

-- Where phones come from: the VPN's addresses for them, for example.
local phones = "^10%.30%."

function DoListResult(foldername, attributes, extended, context)
  if not string.find(context.client, phones) then
    return true, attributes, extended
  end
  local archive = "Archive/" .. os.date("%Y")
  return foldername == "INBOX" or foldername == archive, attributes, extended
end
