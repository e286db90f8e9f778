import { createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { VerificationKey } from '../issuers/issuer-keys.js';
import type { CompactJws } from './compact-jws.js';
import { fitsScheme, schemeOf } from './signature-schemes.js';

/**
 * Whether one of the keys verifies a compact JWS under the algorithm of its header. Only keys bound to that are tried, so
 * that a public key never serves as an HMAC secret (RFC 8725 section 3.1).
 */
export function verifySignature(jws: CompactJws, keys: readonly VerificationKey[]): boolean {
  return verifyingKey(jws, keys) !== undefined;
}

/** The one of the keys of {@link verifySignature}. */
export function verifyingKey(jws: CompactJws, keys: readonly VerificationKey[]): KeyObject | undefined {
  const { header, signingInput, signature } = jws;
  const input = Buffer.from(signingInput, 'latin1');
  return keysBoundTo(keys, header.alg).find((key) => verifies(input, signature, { alg: header.alg, key }));
}

/** The keys that are bound to the algorithm. */
export function keysBoundTo(keys: readonly VerificationKey[], alg: string): KeyObject[] {
  return keys.filter(({ algorithms }) => algorithms.includes(alg)).map(({ key }) => key);
}

function verifies(input: Buffer, signature: Buffer, { alg, key }: { alg: string; key: KeyObject }): boolean {
  const scheme = schemeOf(alg);
  if (scheme === undefined || !fitsScheme(key, scheme)) return false;
  if (scheme.keyType === 'secret') {
    const expected = createHmac(scheme.digest, key).update(input).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  if (scheme.bytes !== undefined && signature.length !== scheme.bytes) return false;
  return verify(scheme.digest, input, { key, ...scheme.options }, signature);
}
