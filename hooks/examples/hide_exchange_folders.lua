-- Hides what Exchange puts into every mailbox and nobody can delete.
-- For: mail clients that are no Outlook, in front of Exchange, whose users ask what "Sync Issues" is.

-- Each with the folders in it. Exchange names them in the language of the mailbox: add yours.
local hidden = {
  "RSS Feeds", "RSS-Feeds", "RSS Subscriptions",
  "Sync Issues", "Synchronisierungsprobleme", "Problèmes de synchronisation",
  "Conversation Action Settings", "Quick Step Settings", "ExternalContacts", "Yammer Root", "Files",
}

function DoListResult(foldername, attributes, extended)
  for _, name in ipairs(hidden) do
    if foldername == name or foldername:sub(1, #name + 1) == name .. "/" then
      return false
    end
  end
  return true, attributes, extended
end
