import { type KeyObject, hash, createHmac, createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import type { JWK } from 'jose';
import { type JsonObject, type JsonValue, isJsonObject } from '@mandate/ports';
import { RSA_ALGORITHMS, SIGNATURE_ALGORITHMS, curveAlgorithms, hmacAlgorithms } from '../jws/algorithms.js';
import { type KeyMaterial, type MaterialRefusal, readKeyMaterial } from './jwk-material.js';

/** Why a JWK is not used. A closed set: it is a metric label. */
export type KeyRefusal =
  MaterialRefusal | 'malformed_key' | 'not_for_signatures' | 'algorithm_mismatch' | 'not_on_curve';

/** A JWK that passed every check, as key objects. `publicJwk` and `publicKey` are absent for a secret. */
export interface ImportedJwk {
  kid: string | undefined;
  /** Bound to the key: its declared `alg`, or every algorithm its type and size allow. */
  algorithms: readonly string[];
  publicJwk: JWK | undefined;
  publicKey: KeyObject | undefined;
  /** The private key or the secret; absent for a public JWK. */
  privateKey: KeyObject | undefined;
}

export type JwkResult = { ok: true; key: ImportedJwk } | { ok: false; reason: KeyRefusal };

/** Imports one JWK (RFC 7517) strictly: canonical members, strength, on its curve. `kty` may be in any case (IMS). */
export function importJwk(jwk: JsonValue): JwkResult {
  if (!isJsonObject(jwk)) return { ok: false, reason: 'malformed_key' };
  const { kid } = jwk;
  if (kid !== undefined && typeof kid !== 'string') return { ok: false, reason: 'malformed_key' };
  if (!isForSignatures(jwk)) return { ok: false, reason: 'not_for_signatures' };
  const read = readKeyMaterial(jwk);
  if (!read.ok) return read;
  const algorithms = bindAlgorithms(read.material, jwk['alg']);
  if (algorithms === undefined) return { ok: false, reason: 'algorithm_mismatch' };
  return toKeyObjects(read.material, algorithms, kid);
}

/** The RFC 7638 thumbprint of a public JWK; for a secret a keyed digest that gives nothing away of it. */
export function defaultKeyId({ publicJwk, privateKey }: ImportedJwk): string {
  if (publicJwk === undefined) {
    const secret = privateKey?.export() ?? '';
    return createHmac('sha256', secret).update('key identifier').digest('base64url').slice(0, 16);
  }
  const { crv, e, kty, n, x, y } = publicJwk;
  return hash('sha256', JSON.stringify({ crv, e, kty, n, x, y }), 'base64url');
}

function isForSignatures({ use, key_ops: operations, alg }: JsonObject): boolean {
  if (use !== undefined && use !== 'sig') return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.some(isSignatureOperation))) return false;
  return typeof alg !== 'string' || SIGNATURE_ALGORITHMS.has(alg);
}

function isSignatureOperation(operation: JsonValue): boolean {
  return operation === 'verify' || operation === 'sign';
}

function bindAlgorithms(material: KeyMaterial, alg: JsonValue | undefined): readonly string[] | undefined {
  const possible = possibleAlgorithms(material);
  if (alg === undefined) return possible;
  const bound = possible.find((name) => name === alg);
  if (bound === undefined) return undefined;
  // RFC 9864: the same signature under its older and its newer name.
  return material.type === 'curve' && possible.length > 1 ? possible : [bound];
}

function possibleAlgorithms(material: KeyMaterial): readonly string[] {
  if (material.type === 'secret') return hmacAlgorithms(material.secret.length);
  return material.type === 'rsa' ? RSA_ALGORITHMS : curveAlgorithms(material.curve);
}

function toKeyObjects(material: KeyMaterial, algorithms: readonly string[], kid: string | undefined): JwkResult {
  if (material.type === 'secret') {
    const privateKey = createSecretKey(material.secret);
    return { ok: true, key: { kid, algorithms, publicJwk: undefined, publicKey: undefined, privateKey } };
  }
  const { publicJwk, privateJwk } = material;
  try {
    const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' });
    const privateKey = privateJwk && createPrivateKey({ key: privateJwk, format: 'jwk' });
    return { ok: true, key: { kid, algorithms, publicJwk, publicKey, privateKey } };
  } catch {
    return { ok: false, reason: material.type === 'curve' ? 'not_on_curve' : 'malformed_key' };
  }
}
