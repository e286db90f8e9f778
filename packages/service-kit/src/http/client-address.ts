import { isIP } from 'node:net';
import type { Request } from 'express';
import ipaddr from 'ipaddr.js';
import type { Logger } from '../observe/logger.js';

const SHARED_PREFIX_PARTS = 4;

/**
 * Where a request comes from, as one party counts: an IPv4 address, or the /64 of an IPv6 address, of which its owner
 * has all. `X-Forwarded-For` is read from the right for as long as `TRUSTED_PROXIES` has who wrote it; what is no address
 * there counts as the peer's.
 */
export function clientAddress(request: Request): string {
  const candidates = [request.ip, request.socket.remoteAddress];
  const known = candidates.find((candidate) => candidate !== undefined && isIP(candidate) !== 0);
  return known === undefined ? 'unknown' : partyOf(known);
}

/** Says once that a proxy seems to stand in front while none is trusted: then everybody behind it is one party. */
export function createProxyWarning(logger: Logger) {
  let warned = false;
  return (request: Request): void => {
    if (!warned && request.headers['x-forwarded-for'] !== undefined) {
      warned = true;
      logger.warn('X-Forwarded-For is not believed: no proxy is trusted', { variable: 'TRUSTED_PROXIES' });
    }
  };
}

/**
 * Makes the addresses of `X-Forwarded-For` readable where they come with a port, as some gateways write them: else who
 * stands behind one would count as one party, and a guesser would lock a client out for all of them. Says once that an
 * entry is no address at all.
 */
export function createForwardedAddresses(logger: Logger) {
  let warned = false;
  return (request: Request): void => {
    const forwarded = request.headers['x-forwarded-for'];
    if (typeof forwarded === 'string') {
      const addresses = forwarded.split(',').map((entry) => withoutPort(entry.trim()));
      request.headers['x-forwarded-for'] = addresses.join(', ');
      if (!warned && addresses.some((address) => isIP(address) === 0)) {
        warned = true;
        logger.warn('X-Forwarded-For has what is no address: its sender counts as the proxy');
      }
    }
  };
}

/** `192.0.2.1:443` and `[2001:db8::1]:443`; an IPv6 address without brackets has no port. */
function withoutPort(entry: string): string {
  return /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry)?.[1] ?? /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry;
}

function partyOf(text: string): string {
  if (isIP(text) === 4) return text;
  const address = ipaddr.process(text);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  const prefix = address.parts.slice(0, SHARED_PREFIX_PARTS).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
