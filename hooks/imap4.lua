-- The script that `npm start` runs, and a place to begin from. Each of the three functions may be left out:
-- its part of the conversation then passes as it came. Try a change without a mail client:
--
--   npx imapveil hook capability --script hooks/imap4.lua 'IMAP4rev1 IDLE NAMESPACE'
--   npx imapveil hook list --script hooks/imap4.lua INBOX Hidden
--   npx imapveil hook encryption --script hooks/imap4.lua --port 993

-- Folders that no client gets to see, by their full names.
local hidden = {
  ["Hidden"] = true,
}

-- Called for every capability list. There is a space at each end, so that every word has one on both sides.
function DoCapability(ipaddr, capabilities)
  capabilities = string.gsub(capabilities, " IDLE ", " ") -- clients poll instead
  return capabilities
end

-- Called for every folder in an answer. The first value returned: whether the client gets to see the folder.
function DoListResult(foldername, attributes, extended)
  if hidden[foldername] then
    return false
  end
  return true, attributes, extended
end

-- Called once a connection, before the first byte. 0: STARTTLS is offered; 1: TLS from the first byte;
-- 3: STARTTLS is required. `mode` is what proxy.yaml says for the port.
function GetEncryption(client, server, serverport, mode)
  if serverport == 993 then
    return 1
  end
  return mode
end
