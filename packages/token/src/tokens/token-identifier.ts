import { hash } from 'node:crypto';
import type { CompactJws } from '../jws/compact-jws.js';

/**
 * The identifier of a token, by which it is revoked and named as an ancestor: a digest of its issuer and its `jti`,
 * or of `text` where it has none: of a JWS what is signed, without the signature, since whoever has an ECDSA signature
 * (r, s) can write another that verifies, (r, n - s); of any other token the whole. The same in every service whatever
 * its configuration says of the issuer, and no issuer can give a token the identifier of another issuer's.
 */
export function tokenIdentifier(
  text: string,
  { issuer, jwtId }: { issuer: string; jwtId: string | undefined },
): string {
  // JSON keeps the two apart, whatever characters they have.
  const named = jwtId === undefined ? text : JSON.stringify([issuer, jwtId]);
  return `sha256:${hash('sha256', named, 'base64url')}`;
}

/** The {@link tokenIdentifier} of a JWS by what it says itself, verified or not. */
export function jwsIdentifier({ claims, signingInput }: Pick<CompactJws, 'claims' | 'signingInput'>): string {
  const { iss, jti } = claims;
  const issuer = typeof iss === 'string' ? iss : '';
  return tokenIdentifier(signingInput, { issuer, jwtId: typeof jti === 'string' ? jti : undefined });
}
