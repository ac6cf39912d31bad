/** Lua that several tests give the proxy. */

/** Hides the word IDLE wherever a capability list appears. */
export const hideIdle = `
function DoCapability(ipaddr, capabilities)
  return (string.gsub(capabilities, " IDLE ", " "))
end
`;

/** Hides folders by their decoded names, which must not hold `]==]`. */
export function hideFolders(names: readonly string[]): string {
  const entries = names.map((name) => `  [ [==[${name}]==] ] = true,`);
  return `
local hidden = {
${entries.join('\n')}
}
function DoListResult(foldername, attributes, extended)
  return not hidden[foldername], attributes, extended
end
`;
}

/** Turns a port to mode 3 (STARTTLS required) for one client address. */
export function requireStartTls(port: number | undefined, client: string): string {
  return `
function GetEncryption(client, server, serverport, mode)
  if serverport == ${port} and client == "${client}" then
    return 3
  end
  return mode
end
`;
}
