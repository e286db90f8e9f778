import { jsonObjectIn } from '@mandate/ports';
import { fileProblem } from './file-problem.js';
import type { TrustedIssuerRecord } from './trusted-issuer-record.js';
import { MIXED_KEYS, mixesSecrets, readVerificationKeys } from '../keys/verification-keys.js';

/** The IMS settings of one issuer with one static key. */
export interface StaticIssuerSettings {
  /** `ISSUER_JWK_JSON_ISSUER_URI` */
  issuer: string;
  /** `ISSUER_JWK_JSON_JWK_BASE64`: standard base64 of one JWK (or a JWKS). */
  jwkBase64: string;
  /** `TOKEN_ISSUER`: under this name our own services issue. */
  tokenIssuer: string;
}

/**
 * The record of the IMS static issuer: believed in `act` and `may_act`, and free to omit `typ: at+jwt` unless
 * it is our own.
 * @throws FileError when the key cannot be used.
 */
export function staticIssuerRecord({ issuer, jwkBase64, tokenIssuer }: StaticIssuerSettings): TrustedIssuerRecord {
  const jwks = parseJwk(Buffer.from(jwkBase64, 'base64').toString('utf8'));
  const read = readVerificationKeys(jwks, { symmetric: true, privateMembers: true });
  const [refused] = read?.refused ?? [];
  if (refused !== undefined) throw fileProblem('', `the key is refused: ${refused.reason}`);
  if (read === undefined || read.keys.length === 0) throw fileProblem('', 'is not a JWK');
  if (mixesSecrets(read.keys)) throw fileProblem('', MIXED_KEYS);
  const own = issuer === tokenIssuer;
  return { issuer, jwks, own, mayAssertMayAct: true, mayAssertAct: true };
}

/** The record of one URL of `ISSUER_JWK_OPENID_URL`: the issuer itself, or where its discovery document is. */
export function openidIssuerRecord(url: string): TrustedIssuerRecord {
  const [issuer] = url.split('/.well-known/', 1);
  return { issuer: issuer ?? url, openid: issuer === url ? true : url };
}

function parseJwk(text: string): NonNullable<TrustedIssuerRecord['jwks']> {
  const jwk = jsonObjectIn(text);
  if (jwk === undefined) throw fileProblem('', 'is not base64 of a JWK');
  return jwk;
}
