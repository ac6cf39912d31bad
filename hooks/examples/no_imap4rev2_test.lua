test("the old clients see IMAP4rev1 alone", function()
  assert_equal(" IMAP4rev1 IDLE ", DoCapability("192.0.2.7", " IMAP4rev1 IMAP4rev2 ENABLE IDLE "))
end)

test("everybody else sees both", function()
  local offered = " IMAP4rev1 IMAP4rev2 ENABLE IDLE "
  assert_equal(offered, DoCapability("198.51.100.7", offered))
end)
