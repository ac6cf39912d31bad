-- Takes IMAP4rev2 (RFC 9051), and ENABLE by which it is switched on, from one subnet.
-- For: a new server in front of old clients that break on what it says differently, such as ESEARCH for SEARCH.
-- With `hooks.enforce: true` an ENABLE that is sent all the same is refused. Without ENABLE there is no QRESYNC
-- and no UTF8=ACCEPT either: leave that line out where your clients need them.

local old_clients = "^192%.0%.2%."

function DoCapability(ipaddr, capabilities)
  if string.find(ipaddr, old_clients) then
    capabilities = string.gsub(capabilities, " IMAP4rev2 ", " ")
    capabilities = string.gsub(capabilities, " ENABLE ", " ")
  end
  return capabilities
end
