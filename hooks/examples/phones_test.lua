local phone, desk = { client = "10.30.1.2" }, { client = "10.31.1.2" }

local function shows(foldername, context)
  return (DoListResult(foldername, "", "", context))
end

os.date = function(format)
  assert_equal("%Y", format)
  return "2031"
end

test("a phone sees INBOX and this year's archive", function()
  assert_true(shows("INBOX", phone))
  assert_true(shows("Archive/2031", phone))
end)

test("a phone sees no other folder", function()
  assert_false(shows("Archive", phone))
  assert_false(shows("Archive/2030", phone))
  assert_false(shows("Sent", phone))
end)

test("a desk sees everything", function()
  assert_true(shows("Archive/2030", desk))
  assert_true(shows("Sent", desk))
end)
