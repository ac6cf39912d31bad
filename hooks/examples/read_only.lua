-- One network may read mail and change nothing.
-- For: an archive for auditors, a kiosk, a backup that must not be able to delete. proxy.yaml names the commands
-- that are asked about; STORE there also means UID STORE, and so on:
--
--   hooks:
--     script: hooks/read_only.lua
--     commands: [APPEND, STORE, COPY, MOVE, REPLACE, EXPUNGE, CLOSE, CREATE, DELETE, RENAME,
--       SUBSCRIBE, UNSUBSCRIBE, SETACL, DELETEACL, SETMETADATA, SETQUOTA]
--
-- CLOSE is one of them because it expunges. One change is left: reading a message marks it as read. Add SELECT, and
-- folders can only be opened by EXAMINE, after which nothing is marked; many mail programs cannot do without SELECT.

local readers = "^10%.40%."

function DoCommand(client, command, arguments)
  if string.find(client, readers) then
    return false, "[NOPERM] This mailbox is read-only from here"
  end
  return true
end
