import { type KeyObject, createSecretKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import type { JWK } from 'jose';

/** A key made for one test run. Both JWKs carry `kid` and `alg`; for HS* they are the same secret. */
export interface TestKey {
  alg: string;
  kid: string;
  privateJwk: JWK & { kid: string };
  publicJwk: JWK & { kid: string };
  privateKey: KeyObject;
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** Makes a key for a JWS algorithm; `rsaBits` is for weak keys. */
export function createTestKey(alg: string, options: { kid?: string; rsaBits?: number } = {}): TestKey {
  const { kid = randomUUID(), rsaBits = 2048 } = options;
  if (alg.startsWith('HS')) return secretTestKey(alg, kid);
  const { privateKey, publicKey } = generatePair(alg, rsaBits);
  const members = { kid, alg, use: 'sig' };
  return {
    alg,
    kid,
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...members },
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...members },
    privateKey,
  };
}

function secretTestKey(alg: string, kid: string): TestKey {
  const privateKey = createSecretKey(randomBytes(Number(alg.slice(2)) / 8));
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid, alg };
  return { alg, kid, privateJwk: jwk, publicJwk: jwk, privateKey };
}

function generatePair(alg: string, modulusLength: number): { privateKey: KeyObject; publicKey: KeyObject } {
  const namedCurve = CURVES[alg];
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve });
  return /^(EdDSA|Ed25519)$/.test(alg) ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength });
}
