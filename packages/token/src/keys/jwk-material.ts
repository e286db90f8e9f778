import type { JsonObject } from '@mandate/ports';
import { curveAlgorithms } from '../jws/algorithms.js';
import { decodeBase64url } from '../jws/base64url.js';
import { type KeyWeakness, checkEd25519Key, checkRsaKey } from './key-strength.js';

export type MaterialRefusal = KeyWeakness | 'unsupported_key' | 'malformed_members' | 'short_secret';

/** The members of a JWK that make the key: checked, normalised, and without everything else the JWK said. */
export type KeyMaterial =
  | { type: 'secret'; secret: Buffer }
  | { type: 'rsa'; publicJwk: JwkMembers; privateJwk: JwkMembers | undefined }
  | { type: 'curve'; curve: string; publicJwk: JwkMembers; privateJwk: JwkMembers | undefined };

/** The string members of a JWK, `kty` first. */
export interface JwkMembers extends Record<string, string> {
  kty: string;
}

export type MaterialResult = { ok: true; material: KeyMaterial } | { ok: false; reason: MaterialRefusal };

const MIN_SECRET_BYTES = 32;
const COORDINATE_BYTES: ReadonlyMap<string, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
]);

/** Reads the key material of a JWK (RFC 7518 section 6, RFC 8037 section 2). */
export function readKeyMaterial(jwk: JsonObject): MaterialResult {
  const kty = typeof jwk['kty'] === 'string' ? jwk['kty'].toUpperCase() : '';
  if (kty === 'OCT') return readSecret(jwk);
  if (kty === 'RSA') return readRsa(jwk);
  if (kty === 'EC') return readEc(jwk);
  return kty === 'OKP' ? readOkp(jwk) : refuse('unsupported_key');
}

function readSecret(jwk: JsonObject): MaterialResult {
  const secret = readBytes(jwk, 'k');
  if (secret === undefined) return refuse('malformed_members');
  return secret.length < MIN_SECRET_BYTES ? refuse('short_secret') : { ok: true, material: { type: 'secret', secret } };
}

function readRsa(jwk: JsonObject): MaterialResult {
  const n = readInteger(jwk, 'n');
  const e = readInteger(jwk, 'e');
  if (n === undefined || e === undefined) return refuse('malformed_members');
  const weakness = checkRsaKey(n, e);
  if (weakness !== undefined) return refuse(weakness);
  const publicJwk = { kty: 'RSA', n: encode(n), e: encode(e) };
  if (jwk['d'] === undefined) return { ok: true, material: { type: 'rsa', publicJwk, privateJwk: undefined } };
  const privateJwk: JwkMembers = { ...publicJwk };
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
    const value = readInteger(jwk, name);
    if (value === undefined) return refuse('malformed_members');
    privateJwk[name] = encode(value);
  }
  return { ok: true, material: { type: 'rsa', publicJwk, privateJwk } };
}

function readEc(jwk: JsonObject): MaterialResult {
  const curve = jwk['crv'];
  const bytes = typeof curve === 'string' ? COORDINATE_BYTES.get(curve) : undefined;
  if (typeof curve !== 'string' || bytes === undefined) return refuse('unsupported_key');
  const x = readCoordinate(jwk, 'x', bytes);
  const y = readCoordinate(jwk, 'y', bytes);
  const d = jwk['d'] === undefined ? undefined : readCoordinate(jwk, 'd', bytes);
  if (x === undefined || y === undefined || (jwk['d'] !== undefined && d === undefined)) {
    return refuse('malformed_members');
  }
  const publicJwk = { kty: 'EC', crv: curve, x: encode(x), y: encode(y) };
  return { ok: true, material: { type: 'curve', curve, publicJwk, privateJwk: d && { ...publicJwk, d: encode(d) } } };
}

function readOkp(jwk: JsonObject): MaterialResult {
  const curve = jwk['crv'];
  if (typeof curve !== 'string' || curveAlgorithms(curve).length === 0 || COORDINATE_BYTES.has(curve)) {
    return refuse('unsupported_key');
  }
  const x = readBytes(jwk, 'x');
  const d = jwk['d'] === undefined ? undefined : readBytes(jwk, 'd');
  if (x?.length !== 32 || (jwk['d'] !== undefined && d?.length !== 32)) return refuse('malformed_members');
  const weakness = checkEd25519Key(x);
  if (weakness !== undefined) return refuse(weakness);
  const publicJwk = { kty: 'OKP', crv: curve, x: encode(x) };
  return { ok: true, material: { type: 'curve', curve, publicJwk, privateJwk: d && { ...publicJwk, d: encode(d) } } };
}

/** AM and other Java issuers write coordinates and moduli with a sign byte: one leading zero too many is dropped. */
function readCoordinate(jwk: JsonObject, name: string, length: number): Buffer | undefined {
  const bytes = readBytes(jwk, name);
  const coordinate = bytes?.length === length + 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes;
  return coordinate?.length === length ? coordinate : undefined;
}

function readInteger(jwk: JsonObject, name: string): Buffer | undefined {
  const bytes = readBytes(jwk, name);
  return bytes !== undefined && bytes.length > 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

function readBytes(jwk: JsonObject, name: string): Buffer | undefined {
  const value = jwk[name];
  return typeof value === 'string' ? decodeBase64url(value) : undefined;
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64url');
}

function refuse(reason: MaterialRefusal): MaterialResult {
  return { ok: false, reason };
}
