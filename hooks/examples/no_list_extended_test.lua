local offered = " IMAP4rev1 IMAP4rev2 LIST-EXTENDED CHILDREN LIST-STATUS SPECIAL-USE "

test("the broken client asks LIST as it was in 1996", function()
  assert_equal(" IMAP4rev1 CHILDREN SPECIAL-USE ", DoCapability("192.0.2.44", offered))
end)

test("its neighbour does not", function()
  assert_equal(offered, DoCapability("192.0.2.4", offered))
end)
