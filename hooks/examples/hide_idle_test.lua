local offered = " IMAP4rev1 IDLE NAMESPACE "

test("the subnet gets no IDLE", function()
  assert_equal(" IMAP4rev1 NAMESPACE ", DoCapability("10.20.3.4", offered))
end)

test("everybody else keeps it", function()
  assert_equal(offered, DoCapability("10.2.20.4", offered))
  assert_equal(offered, DoCapability("2001:db8::10.20", offered))
end)
