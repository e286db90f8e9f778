import { type KeyObject, constants, createHmac, sign } from 'node:crypto';
import type { TestKey } from './test-key.js';

/** Header members over those of the key; `undefined` drops one. */
export type TestHeader = Readonly<Record<string, unknown>>;

/**
 * Signs claims as a compact JWS whose header is `alg`, `kid` and `typ: at+jwt` unless told otherwise. Made with
 * node:crypto, so that tests do not judge the signing library by itself.
 */
export function signTestToken(
  key: TestKey,
  claims: Readonly<Record<string, unknown>>,
  header: TestHeader = {},
): string {
  const fullHeader = { alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header };
  return signTestParts(key, JSON.stringify(fullHeader), JSON.stringify(claims));
}

/** Signs a header and a payload exactly as given, however malformed. */
export function signTestParts(key: TestKey, header: string | Buffer, payload: string | Buffer): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${input}.${signInput(key.alg, input, key.privateKey).toString('base64url')}`;
}

function signInput(alg: string, input: string, key: KeyObject): Buffer {
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) return createHmac(hash, key).update(input).digest();
  if (alg.startsWith('Ed')) return sign(null, Buffer.from(input), key);
  if (alg.startsWith('ES')) return sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  const padding = alg.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return sign(hash, Buffer.from(input), {
    key,
    padding,
    ...(alg.startsWith('PS') && { saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
  });
}
