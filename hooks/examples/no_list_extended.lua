-- Takes LIST-EXTENDED (RFC 5258) from one mail program's machine, and what can only be asked with it.
-- For: a client that asks LIST ... RETURN (...), and then shows INBOX as "null", or twice, or not at all.
-- IMAP4rev2 goes too, for LIST-EXTENDED is a part of it.

local broken_client = "192.0.2.44"

function DoCapability(ipaddr, capabilities)
  if ipaddr == broken_client then
    for _, word in ipairs({ "LIST-EXTENDED", "LIST-STATUS", "LIST-MYRIGHTS", "LIST-METADATA", "IMAP4rev2" }) do
      capabilities = string.gsub(capabilities, " " .. word:gsub("%-", "%%-") .. " ", " ")
    end
  end
  return capabilities
end
