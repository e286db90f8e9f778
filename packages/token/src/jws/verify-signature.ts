import { compactVerify, errors } from 'jose';
import type { VerificationKey } from '../issuers/issuer-keys.js';

/**
 * Whether one of the keys verifies the compact JWS under `alg`. Only keys bound to `alg` are tried, so that a public
 * key never serves as an HMAC secret (RFC 8725 section 3.1). The token must have passed `parseCompactJws`.
 */
export async function verifySignature(token: string, alg: string, keys: readonly VerificationKey[]): Promise<boolean> {
  for (const { algorithms, key } of keys) {
    if (algorithms.includes(alg) && (await verifies(token, alg, key))) return true;
  }
  return false;
}

async function verifies(token: string, alg: string, key: VerificationKey['key']): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [alg] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
