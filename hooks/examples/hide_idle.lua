-- Takes IDLE from the clients of one subnet, which poll instead.
-- For: a site whose firewall drops quiet connections, or whose server has no room for thousands of open ones.

-- 10.20.0.0/16, as a Lua pattern.
local without_idle = "^10%.20%."

function DoCapability(ipaddr, capabilities)
  if string.find(ipaddr, without_idle) then
    capabilities = string.gsub(capabilities, " IDLE ", " ")
  end
  return capabilities
end
