import { createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { jsonObjectIn } from '@mandate/ports';
import type { VerificationKey } from '../issuers/issuer-keys.js';
import { decodeBase64url } from './base64url.js';
import { fitsScheme, schemeOf } from './signature-schemes.js';

/**
 * Whether one of the keys verifies the compact JWS under `alg`. Only keys bound to `alg` are tried, so that a public
 * key never serves as an HMAC secret (RFC 8725 section 3.1). The token must have passed `parseCompactJws`.
 */
export function verifySignature(token: string, alg: string, keys: readonly VerificationKey[]): boolean {
  return verifyingKey(token, alg, keys) !== undefined;
}

/** The one of the keys of {@link verifySignature}. */
export function verifyingKey(token: string, alg: string, keys: readonly VerificationKey[]): KeyObject | undefined {
  const end = token.lastIndexOf('.');
  const signature = decodeBase64url(token.slice(end + 1));
  if (signature === undefined || algorithmOf(token) !== alg) return undefined;
  const input = Buffer.from(token.slice(0, end), 'latin1');
  return keysBoundTo(keys, alg).find((key) => verifies(input, signature, { alg, key }));
}

/** The keys that are bound to the algorithm. */
export function keysBoundTo(keys: readonly VerificationKey[], alg: string): KeyObject[] {
  return keys.filter(({ algorithms }) => algorithms.includes(alg)).map(({ key }) => key);
}

/** A signature of one algorithm is never judged by another that the caller believes it to be. */
function algorithmOf(token: string): unknown {
  const header = decodeBase64url(token.slice(0, token.indexOf('.')));
  return header === undefined ? undefined : jsonObjectIn(header.toString('utf8'))?.['alg'];
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
