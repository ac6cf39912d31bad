function DoListResult(foldername, attributes, extended)
  if string.sub(foldername, -1) == "7" then
    return false
  end
  return true, attributes, extended
end
