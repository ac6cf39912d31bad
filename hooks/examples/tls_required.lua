-- Nobody logs in without TLS, but for this machine and the one that watches it.
-- For: webmail on the same machine and a monitoring system that speak no TLS, on a port where people must.

local trusted = {
  ["127.0.0.1"] = true,
  ["::1"] = true,
  ["192.0.2.80"] = true, -- monitoring
}

-- 0: STARTTLS is offered; 1: TLS from the first byte; 3: STARTTLS is required.
function GetEncryption(client, server, serverport, mode)
  if mode == 1 then
    return 1
  end
  return trusted[client] and 0 or 3
end
