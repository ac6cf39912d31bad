/** Whether a text is a place on the network, as an operator writes one. */
import { isIP } from 'node:net';

const HOST = /^[\p{L}\p{N}_]([\p{L}\p{N}_.-]{0,251}[\p{L}\p{N}_.])?$/u;

/** A name, and no address. */
export function isHostName(written: string): boolean {
  return HOST.test(written) && isIP(written) === 0;
}

/** A name or an address alone: no protocol, no port. */
export function isHost(written: string): boolean {
  return HOST.test(written) || isIP(written) !== 0;
}

const MAPPED = /^[0:]*:ffff:(\d+\.[\d.]+|[^:]+:[^:]+)$/i;

/** No zones and no IPv4 in the clothes of IPv6: clients' addresses have neither, so it would never match. */
export function isNetwork(written: string): boolean {
  const [, base = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(written) ?? [];
  const family = isIP(base);
  if (family === 6 && (base.includes('%') || MAPPED.test(base))) return false;
  return family !== 0 && (prefix === undefined || Number(prefix) <= (family === 4 ? 32 : 128));
}

/**
 * `host` or `host:port` as URL writes them, for that is what requests are compared with: of `[0:0::1]:80` `[::1]:80`, of
 * `127.1` `127.0.0.1`. Undefined: it can be in no URL.
 */
export function placeInUrl(written: string): string | undefined {
  const port = /:(\d+)$/.exec(written)?.[1];
  if (Number(port) === 0 || !URL.canParse(`http://${written}`)) return undefined;
  const { hostname } = new URL(`http://${written}`);
  return port === undefined ? hostname : `${hostname}:${Number(port)}`;
}

/** `redis://user:password@host:6379/0`, with as much of it as is needed. */
export function isRedisUrl(written: string): boolean {
  if (!URL.canParse(written)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(written);
  const isRedis = protocol === 'redis:' || protocol === 'rediss:';
  return isRedis && hostname !== '' && /^\/?\d{0,4}$/.test(pathname) && search === '' && hash === '';
}
