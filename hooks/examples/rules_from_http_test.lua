local now, asked, reply = 1000, {}, nil
os.time = function() return now end
config.rules = "http://rules.internal/hidden?user="
http = {
  get = function(url)
    asked[#asked + 1] = url
    if reply then
      return { status = 200, headers = {}, body = reply }
    end
    return nil, "nothing listens there"
  end,
}

local function shows(foldername, user)
  return (DoListResult(foldername, "", "", { user = user }))
end

test("each user has rules of his own, asked for once", function()
  reply = '["Journal", "Notes/%"]'
  assert_false(shows("Journal", "anna"))
  assert_false(shows("Notes/a", "anna"))
  assert_true(shows("Notes/a/b", "anna"))
  reply = "[]"
  assert_true(shows("Journal", "o'brien@example.org"))
  assert_equal({
    "http://rules.internal/hidden?user=anna",
    "http://rules.internal/hidden?user=o%27brien%40example.org",
  }, asked)
end)

test("after five minutes they are asked for again; while the service is gone the last answer holds", function()
  now, asked, reply = now + 300, {}, nil
  assert_false(shows("Journal", "anna"))
  assert_false(shows("Notes/a", "anna"))
  assert_equal(1, #asked)
  now, reply = now + 10, '["Other"]'
  assert_true(shows("Journal", "anna"))
  assert_false(shows("Other", "anna"))
  assert_equal(2, #asked)
end)

test("what is no JSON, and a service that was never there, hide nothing", function()
  reply = "<html>"
  assert_true(shows("Journal", "bob"))
  reply = "5"
  assert_true(shows("Journal", "dave"))
  reply = nil
  assert_true(shows("Journal", "carol"))
end)

test("who logged in without showing a name sees INBOX alone, and nobody is asked", function()
  asked = {}
  assert_true(shows("INBOX", nil))
  assert_false(shows("Journal", nil))
  assert_equal({}, asked)
end)
