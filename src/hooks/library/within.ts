/** `ip.within(address, network, …)`: whether an address belongs to one of the networks, IPv4 and IPv6. */
import { BlockList, isIP } from 'node:net';
import fengari, { type LuaState } from 'fengari';
import { pushValue } from '../call.ts';
import { NETWORKS_KEPT } from '../limits.ts';
import { raise } from '../lua-state.ts';
import { oneLine } from '../one-line.ts';

const { lua, lauxlib } = fengari;

interface Network {
  /** Compared first: an IPv4 address would be within `::/0`. */
  readonly family: number;
  readonly list: BlockList;
}

/** By their text: a script asks about the same few networks for every client. */
const known = new Map<string, Network>();

/** `10.0.0.0/8`, or one address; undefined: neither. */
function networkOf(text: string): Network | undefined {
  const found = known.get(text);
  if (found !== undefined) return found;
  const [, address = text, bits] = /^(.*)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits);
  if (family === 0 || prefix > longest) return undefined;
  const list = new BlockList();
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  if (known.size >= NETWORKS_KEPT) known.clear();
  const network = { family, list };
  known.set(text, network);
  return network;
}

export function within(state: LuaState): number {
  const address = oneLine(lauxlib.luaL_checkstring(state, 1), 100);
  const family = isIP(address);
  if (family === 0) return raise(state, `"${address}" is not an IP address`);
  const count = lua.lua_gettop(state);
  let found = false;
  for (let at = 2; at <= count; at++) {
    const text = oneLine(lauxlib.luaL_checkstring(state, at), 100);
    const network = networkOf(text);
    if (network === undefined) return raise(state, `"${text}" is no network, such as 10.0.0.0/8`);
    found ||= network.family === family && network.list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
  pushValue(state, found);
  return 1;
}
