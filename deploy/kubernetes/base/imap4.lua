-- What clients of this installation are not to see. Each function may be left out.

-- Phones that hold an IDLE connection each cost more than they give: without the word they poll.
function DoCapability(ipaddr, capabilities)
  capabilities = string.gsub(capabilities, " IDLE ", " ")
  return capabilities
end

-- The folder that only the backup touches.
function DoListResult(foldername, attributes, extended)
  return foldername ~= "Backup", attributes, extended
end
