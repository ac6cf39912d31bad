local function shows(foldername)
  return (DoListResult(foldername, "\\HasNoChildren", ""))
end

test("the folders that cannot be deleted are hidden, and what is in them", function()
  assert_false(shows("RSS Feeds"))
  assert_false(shows("Sync Issues"))
  assert_false(shows("Sync Issues/Conflicts"))
  assert_false(shows("Synchronisierungsprobleme/Lokale Fehler"))
end)

test("folders of the user's own that only look like them are shown", function()
  assert_true(shows("INBOX"))
  assert_true(shows("Files 2024"))
  assert_true(shows("Projects/Sync Issues"))
end)

test("what is shown is left as it is", function()
  local _, attributes, extended = DoListResult("INBOX", "\\HasChildren", ' ("CHILDINFO" ("SUBSCRIBED"))')
  assert_equal("\\HasChildren", attributes)
  assert_equal(' ("CHILDINFO" ("SUBSCRIBED"))', extended)
end)
