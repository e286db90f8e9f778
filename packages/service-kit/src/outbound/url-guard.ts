import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** A learned URL is not followed. The message names no host. */
export class GuardError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GuardError';
  }
}

export interface ResolvedAddress {
  address: string;
  family: number;
}

export type AddressResolver = (hostname: string) => Promise<ResolvedAddress[]>;

/** All addresses the system's resolver has for a name. */
export const resolveAddresses: AddressResolver = (hostname) => systemLookup(hostname, { all: true });

/** `trusted`: reach it like a configured URL. `public-only`: connect to vetted public addresses alone. */
export type UrlTrust = 'trusted' | 'public-only';

/**
 * Judges a URL that came out of an answer (docs/security.md K4).
 * @throws GuardError unless it is https without credentials, or of a listed host.
 */
export function checkLearnedUrl(url: string, privateHosts: readonly string[]): UrlTrust {
  if (!URL.canParse(url)) throw new GuardError('a learned URL is not a URL');
  const { protocol, hostname, host, username, password } = new URL(url);
  if (username !== '' || password !== '') throw new GuardError('a learned URL has credentials');
  if (protocol !== 'https:' && protocol !== 'http:') throw new GuardError('a learned URL is not https');
  if (privateHosts.some((name) => name === hostname || name === host)) return 'trusted';
  if (protocol !== 'https:') throw new GuardError('a learned URL is not https');
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !isPublicAddress(literal)) throw new GuardError('a learned URL names a private address');
  return 'public-only';
}

/**
 * A `lookup` for sockets that fails unless every address of the name is public. The socket connects to what was
 * vetted here, so a name that changes its answer afterwards gains nothing (DNS rebinding).
 */
export function guardedLookup(resolve: AddressResolver): LookupFunction {
  return (hostname, options, callback) => {
    vettedAddresses(resolve, hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new GuardError('a name cannot be resolved'), []),
    );
  };
}

async function vettedAddresses(
  resolve: AddressResolver,
  hostname: string,
): Promise<[ResolvedAddress, ...ResolvedAddress[]]> {
  const [first, ...others] = await resolve(hostname);
  if (first === undefined) throw new GuardError('a learned host has no address');
  if (![first, ...others].every(({ address }) => isPublicAddress(address))) {
    throw new GuardError('a learned host has a private address');
  }
  return [first, ...others];
}
