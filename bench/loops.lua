-- Hides nothing, and never comes back from a folder named Loop: the worst that a script can do to others.
function DoListResult(foldername, attributes, extended)
  while foldername == "Loop" do
  end
  return true, attributes, extended
end
