test("the readers change nothing, and are told why", function()
  local allow, message = DoCommand("10.40.1.2", "UID STORE", "1 +FLAGS (\\Deleted)")
  assert_false(allow)
  assert_equal("[NOPERM] This mailbox is read-only from here", message)
end)

test("everybody else goes on as before", function()
  assert_true(DoCommand("10.4.0.2", "UID STORE", "1 +FLAGS (\\Deleted)"))
end)
