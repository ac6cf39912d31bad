local function attributes_of(foldername, attributes)
  local show, changed = DoListResult(foldername, attributes or "\\HasNoChildren", "")
  assert_true(show)
  return changed
end

test("three languages", function()
  for _, name in ipairs({ "Sent", "Gesendete Elemente", "Éléments envoyés" }) do
    assert_equal("\\HasNoChildren \\Sent", attributes_of(name))
  end
  for _, name in ipairs({ "Deleted Items", "Papierkorb", "Corbeille" }) do
    assert_equal("\\HasNoChildren \\Trash", attributes_of(name))
  end
  for _, name in ipairs({ "Drafts", "Entwürfe", "Brouillons" }) do
    assert_equal("\\HasNoChildren \\Drafts", attributes_of(name))
  end
end)

test("below INBOX, as with Courier", function()
  assert_equal("\\HasNoChildren \\Sent", attributes_of("INBOX.Gesendet"))
  assert_equal("\\HasNoChildren \\Trash", attributes_of("INBOX/Trash"))
end)

test("what the server says itself is not said twice", function()
  assert_equal("\\Sent", attributes_of("Sent", "\\Sent"))
end)

test("no attributes before, and no other folder", function()
  assert_equal("\\Drafts", attributes_of("Drafts", ""))
  assert_equal("\\HasNoChildren", attributes_of("Projects/Sent"))
  assert_equal("\\HasNoChildren", attributes_of("INBOX"))
end)
