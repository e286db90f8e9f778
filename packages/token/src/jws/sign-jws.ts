import { createHmac, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { fitsScheme, type KeyPairScheme, schemeOf } from './signature-schemes.js';

const signOnThreadPool = promisify(sign);

/** The members of a header that we sign. */
export interface JwsHeader {
  alg: string;
  kid: string;
  typ: string;
}

/**
 * Signs a payload as a compact JWS (RFC 7515 section 7.1). @throws TypeError for a key that is not of its `alg`.
 *
 * @example
 * const token = await signJws(JSON.stringify(claims), { alg: 'ES256', kid, typ: 'at+jwt' }, key);
 */
export async function signJws(payload: string, header: JwsHeader, key: KeyObject): Promise<string> {
  const scheme = schemeOf(header.alg);
  if (scheme === undefined || !fitsScheme(key, scheme)) throw new TypeError('The key is not of the algorithm');
  const text = `${encode(JSON.stringify(header))}.${encode(payload)}`;
  const input = Buffer.from(text, 'latin1');
  const signature =
    scheme.keyType === 'secret'
      ? createHmac(scheme.digest, key).update(input).digest()
      : await signByKeyPair(input, scheme, key);
  return `${text}.${signature.toString('base64url')}`;
}

/** RSA takes half a millisecond and more, for which nobody else waits; on a curve the way to another thread takes longer. */
function signByKeyPair(input: Buffer, scheme: KeyPairScheme, key: KeyObject): Buffer | Promise<Buffer> {
  const { digest, keyType, options } = scheme;
  return keyType === 'rsa'
    ? signOnThreadPool(digest, input, { key, ...options })
    : sign(digest, input, { key, ...options });
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
