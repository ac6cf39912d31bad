-- Says which folder is for sent mail, drafts and rubbish (RFC 6154), in English, German and French.
-- For: a server without SPECIAL-USE, in front of clients that would otherwise make a second "Sent" beside "Gesendet".

local special = {
  ["Sent"] = "\\Sent", ["Sent Items"] = "\\Sent", ["Sent Messages"] = "\\Sent",
  ["Gesendet"] = "\\Sent", ["Gesendete Elemente"] = "\\Sent", ["Gesendete Objekte"] = "\\Sent",
  ["Envoyés"] = "\\Sent", ["Messages envoyés"] = "\\Sent", ["Éléments envoyés"] = "\\Sent",

  ["Trash"] = "\\Trash", ["Deleted Items"] = "\\Trash", ["Deleted Messages"] = "\\Trash",
  ["Papierkorb"] = "\\Trash", ["Gelöschte Elemente"] = "\\Trash", ["Gelöschte Objekte"] = "\\Trash",
  ["Corbeille"] = "\\Trash", ["Éléments supprimés"] = "\\Trash",

  ["Drafts"] = "\\Drafts",
  ["Entwürfe"] = "\\Drafts",
  ["Brouillons"] = "\\Drafts",
}

function DoListResult(foldername, attributes, extended)
  -- Behind "INBOX." or "INBOX/", where servers such as Courier put every folder.
  local name = foldername:gsub("^INBOX[./]", "")
  local use = special[name]
  if use and not attributes:find(use, 1, true) then
    attributes = attributes == "" and use or attributes .. " " .. use
  end
  return true, attributes, extended
end
