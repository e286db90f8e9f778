import { constants, type KeyObject } from 'node:crypto';

/** How an algorithm signs, in the terms of node:crypto. */
export type SignatureScheme = HmacScheme | KeyPairScheme;

export interface HmacScheme {
  keyType: 'secret';
  digest: string;
}

export interface KeyPairScheme {
  keyType: 'rsa' | 'ec' | 'ed25519';
  /** `null`: it hashes by itself. */
  digest: string | null;
  /** Of an EC key, as OpenSSL calls it. */
  curve?: string;
  /** How long every signature is; absent: as long as the key. */
  bytes?: number;
  /** JWS has ECDSA signatures as two numbers side by side, not in DER (RFC 7518 section 3.4). */
  options: { padding?: number; saltLength?: number; dsaEncoding?: 'ieee-p1363' };
}

const MIN_RSA_BITS = 2048;
const ED25519: KeyPairScheme = { keyType: 'ed25519', digest: null, bytes: 64, options: {} };

const SCHEMES: ReadonlyMap<string, SignatureScheme> = new Map<string, SignatureScheme>([
  ['HS256', { keyType: 'secret', digest: 'sha256' }],
  ['HS384', { keyType: 'secret', digest: 'sha384' }],
  ['HS512', { keyType: 'secret', digest: 'sha512' }],
  ['RS256', pkcs1('sha256')],
  ['RS384', pkcs1('sha384')],
  ['RS512', pkcs1('sha512')],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['ES256', ecdsa('sha256', 'prime256v1', 64)],
  ['ES384', ecdsa('sha384', 'secp384r1', 96)],
  ['ES512', ecdsa('sha512', 'secp521r1', 132)],
  ['EdDSA', ED25519],
  ['Ed25519', ED25519],
]);

/** The scheme of a JWS algorithm (RFC 7518 section 3.1, RFC 8037, RFC 9864); `undefined` where it is none of ours. */
export function schemeOf(alg: string): SignatureScheme | undefined {
  return SCHEMES.get(alg);
}

/** Whether a key is of the kind that a scheme is for: type and curve, and for RSA at least 2,048 bits. */
export function fitsScheme(key: KeyObject, scheme: SignatureScheme): boolean {
  if (scheme.keyType === 'secret') return key.type === 'secret';
  if (key.asymmetricKeyType !== scheme.keyType) return false;
  if (scheme.keyType === 'rsa') return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
  return scheme.curve === undefined || key.asymmetricKeyDetails?.namedCurve === scheme.curve;
}

function pkcs1(digest: string): KeyPairScheme {
  return { keyType: 'rsa', digest, options: { padding: constants.RSA_PKCS1_PADDING } };
}

/** The salt is as long as the digest (RFC 7518 section 3.5): OpenSSL would take any length if it were not told. */
function pss(digest: string): KeyPairScheme {
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return { keyType: 'rsa', digest, options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } };
}

function ecdsa(digest: string, curve: string, bytes: number): KeyPairScheme {
  return { keyType: 'ec', digest, curve, bytes, options: { dsaEncoding: 'ieee-p1363' } };
}
