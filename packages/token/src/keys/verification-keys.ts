import { type JsonObject, type JsonValue, isJsonObject } from '@mandate/ports';
import type { VerificationKey } from '../issuers/issuer-keys.js';
import { type ImportedJwk, importJwk } from './jwk.js';

/** Why a key of a set is not used. A closed set: it is a metric label. */
export const KEY_SET_REFUSALS = [
  'malformed_key',
  'malformed_members',
  'unsupported_key',
  'not_for_signatures',
  'algorithm_mismatch',
  'rsa_modulus',
  'rsa_exponent',
  'roca',
  'low_order_point',
  'short_secret',
  'not_on_curve',
  'symmetric_key',
  'private_members',
] as const;

type KeySetRefusal = (typeof KEY_SET_REFUSALS)[number];

export interface KeySetRules {
  /** Accept HMAC secrets: only from configuration, never from a URL. */
  symmetric: boolean;
  /** Accept private JWKs for their public half; otherwise a published private key is refused. */
  privateMembers: boolean;
}

/** A key of a set that is not used, by its place and by the `kid` as the set has it, where that is a name or number. */
export interface RefusedKey {
  index: number;
  kid?: string;
  reason: KeySetRefusal;
}

/** The usable keys of a set, and what was refused of it: one bad key does not take the rest down. */
export interface VerificationKeys {
  keys: VerificationKey[];
  refused: RefusedKey[];
}

export const MAX_KEYS = 100;

/** What is wrong with a configured set for which {@link mixesSecrets}. */
export const MIXED_KEYS = 'mixes a symmetric key with asymmetric ones: list them under an issuer each';

/** Whether a secret stands among public keys: which of them a token was meant to be verified with is ambiguous. */
export function mixesSecrets(keys: readonly VerificationKey[]): boolean {
  return new Set(keys.map(({ key }) => key.type === 'secret')).size > 1;
}

/**
 * Reads a JWKS or a single JWK; `undefined` when it is neither, or has more than 100 keys. Keys of one `kid` are all
 * kept: whoever changes a key without renaming it has both in use for a while.
 */
export function readVerificationKeys(value: JsonValue, rules: KeySetRules): VerificationKeys | undefined {
  const jwks = jwksOf(value);
  if (jwks === undefined || jwks.length > MAX_KEYS) return undefined;
  const result: VerificationKeys = { keys: [], refused: [] };
  jwks.forEach((jwk, index) => {
    const imported = importJwk(jwk);
    const read = imported.ok ? toVerificationKey(imported.key, rules) : imported.reason;
    if (typeof read === 'string') result.refused.push({ index, ...kidOf(jwk), reason: read });
    else result.keys.push(read);
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

/** A number is no `kid` (RFC 7517 section 4.5), but tells which key was meant. */
function kidOf(jwk: JsonValue): Pick<RefusedKey, 'kid'> {
  const kid = isJsonObject(jwk) ? jwk['kid'] : undefined;
  return typeof kid === 'string' || typeof kid === 'number' ? { kid: String(kid) } : {};
}
