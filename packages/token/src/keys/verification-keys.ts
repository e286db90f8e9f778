import { type JsonObject, type JsonValue, isJsonObject } from '@mandate/ports';
import type { VerificationKey } from '../issuers/issuer-keys.js';
import { type ImportedJwk, type KeyRefusal, importJwk } from './jwk.js';

/** Why a key of a set is not used. A closed set: it is a metric label. */
export type KeySetRefusal = KeyRefusal | 'symmetric_key' | 'private_members' | 'duplicate_kid';

/** Every {@link KeySetRefusal}, for a metric's label. */
export const KEY_SET_REFUSALS = [
  ...(['malformed_key', 'malformed_members', 'unsupported_key', 'not_for_signatures', 'algorithm_mismatch'] as const),
  ...(['rsa_modulus', 'rsa_exponent', 'roca', 'low_order_point', 'short_secret', 'not_on_curve'] as const),
  ...(['symmetric_key', 'private_members', 'duplicate_kid'] as const),
] as const satisfies readonly KeySetRefusal[];

export interface KeySetRules {
  /** Accept HMAC secrets: only from configuration, never from a URL. */
  symmetric: boolean;
  /** Accept private JWKs for their public half; otherwise a published private key is refused. */
  privateMembers: boolean;
}

/** The usable keys of a set, and what was refused of it: one bad key does not take the rest down (T22). */
export interface VerificationKeys {
  keys: VerificationKey[];
  refused: { index: number; reason: KeySetRefusal }[];
}

export const MAX_KEYS = 100;

/** Reads a JWKS or a single JWK; `undefined` when it is neither, or has more than 100 keys. */
export function readVerificationKeys(value: JsonValue, rules: KeySetRules): VerificationKeys | undefined {
  const jwks = jwksOf(value);
  if (jwks === undefined || jwks.length > MAX_KEYS) return undefined;
  const result: VerificationKeys = { keys: [], refused: [] };
  jwks.forEach((jwk, index) => {
    const imported = importJwk(jwk);
    const read = imported.ok ? toVerificationKey(imported.key, rules) : imported.reason;
    const reason = typeof read !== 'string' && isDuplicate(result.keys, read) ? 'duplicate_kid' : read;
    if (typeof reason === 'string') result.refused.push({ index, reason });
    else result.keys.push(reason);
  });
  return result;
}

/** The JWKs of a JWKS, or of one JWK alone. */
export function jwksOf(value: JsonValue): JsonValue[] | undefined {
  if (!isJsonObject(value)) return undefined;
  const keys = (value as Partial<JsonObject>)['keys'];
  if (keys === undefined) return Object.hasOwn(value, 'kty') ? [value] : undefined;
  return Array.isArray(keys) ? keys : undefined;
}

function toVerificationKey(
  { kid, algorithms, publicKey, privateKey }: ImportedJwk,
  rules: KeySetRules,
): VerificationKey | KeySetRefusal {
  const named = kid === undefined ? {} : { kid };
  if (publicKey !== undefined) {
    if (privateKey !== undefined && !rules.privateMembers) return 'private_members';
    return { ...named, algorithms, key: publicKey };
  }
  if (privateKey === undefined || !rules.symmetric) return 'symmetric_key';
  return { ...named, algorithms, key: privateKey };
}

/** Two keys under one `kid` are told apart by their algorithms (RFC 7517 section 4.5) or not at all. */
function isDuplicate(keys: readonly VerificationKey[], { kid, algorithms }: VerificationKey): boolean {
  return (
    kid !== undefined && keys.some((key) => key.kid === kid && key.algorithms.some((alg) => algorithms.includes(alg)))
  );
}
