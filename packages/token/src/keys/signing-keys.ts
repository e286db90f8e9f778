import { sign, verify } from 'node:crypto';
import type { JWK } from 'jose';
import { type JsonValue, JsonSyntaxError, notJson, parseStrictJson } from '@mandate/ports';
import { type ImportedJwk, defaultKeyId, importJwk } from './jwk.js';
import type { VerificationKey } from '../issuers/issuer-keys.js';
import type { SigningKeySet } from './key-store.js';
import { fileProblem } from '../issuers/file-problem.js';
import { jwkText } from './jwk-text.js';
import { MAX_KEYS, jwksOf } from './verification-keys.js';

/**
 * Reads `TOKEN_SIGNATURE_JWK_BASE64` (IMS): one private JWK or HMAC secret, in base64 or as JSON; unknown members are
 * ignored.
 * @throws FileError
 */
export function parseSigningJwkBase64(text: string): SigningKeySet {
  return signingKeySet([{ place: '', jwk: parseJson(jwkText(text)) }]);
}

/**
 * Reads `TOKEN_SIGNATURE_JWKS_FILE`: a JWKS of private keys; the first signs, every public half is published.
 * @throws FileError naming the key by its index.
 */
export function parseSigningJwks(text: string): SigningKeySet {
  const jwks = jwksOf(parseJson(text));
  if (jwks === undefined || jwks.length === 0) throw fileProblem('', 'is not a JWKS with a key');
  if (jwks.length > MAX_KEYS) throw fileProblem('keys', `has more than ${MAX_KEYS} keys`);
  return signingKeySet(jwks.map((jwk, index) => ({ place: `keys[${index}]`, jwk })));
}

function signingKeySet(jwks: { place: string; jwk: JsonValue }[]): SigningKeySet {
  const keys = jwks.map(({ place, jwk }) => {
    const result = importJwk(jwk);
    if (!result.ok) throw fileProblem(place, `the key is refused: ${result.reason}`);
    return identified(result.key, place);
  });
  const [first] = keys;
  if (first?.privateKey === undefined) throw fileProblem('keys[0]', 'has no private key');
  const duplicate = keys.findIndex(({ kid }, index) => keys.findIndex((other) => other.kid === kid) < index);
  if (duplicate !== -1) throw fileProblem(`keys[${duplicate}]`, 'has the kid of another key');
  return {
    signingKey: { kid: first.kid, alg: first.alg, key: first.privateKey },
    publicJwks: { keys: keys.flatMap(({ publicJwk }) => publicJwk ?? []) },
    verificationKeys: keys.flatMap(toVerificationKey),
  };
}

function toVerificationKey({ kid, alg, publicKey, privateKey }: IdentifiedKey): VerificationKey[] {
  const key = publicKey ?? privateKey;
  return key === undefined ? [] : [{ kid, algorithms: [alg], key }];
}

interface IdentifiedKey extends ImportedJwk {
  kid: string;
  alg: string;
}

function identified(key: ImportedJwk, place: string): IdentifiedKey {
  const [alg] = key.algorithms;
  if (alg === undefined) throw fileProblem(place, 'no algorithm fits the key');
  if (!halvesFit(key)) throw fileProblem(place, 'the private and the public members do not belong together');
  const kid = key.kid ?? defaultKeyId(key);
  const publicJwk: JWK | undefined = key.publicJwk && { ...key.publicJwk, kid, use: 'sig', alg };
  return { ...key, kid, alg, publicJwk };
}

function halvesFit({ publicKey, privateKey }: ImportedJwk): boolean {
  if (publicKey === undefined || privateKey === undefined) return true;
  const probe = Buffer.from('probe');
  const hash = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, probe, publicKey, sign(hash, probe, privateKey));
}

function parseJson(text: string): JsonValue {
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw notJson(text, error);
    throw error;
  }
}
