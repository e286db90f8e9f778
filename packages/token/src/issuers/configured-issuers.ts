import { jsonObjectIn } from '@mandate/ports';
import { jwkText } from '../keys/jwk-text.js';
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
  /** Whether our own tokens have `typ: at+jwt`; default true. */
  requireAccessTokenType?: boolean;
}

/**
 * The record of the IMS static issuer: believed in `act` and `may_act`, and free to omit `typ: at+jwt` unless
 * it is our own.
 * @throws FileError when the key cannot be used.
 */
export function staticIssuerRecord(settings: StaticIssuerSettings): TrustedIssuerRecord {
  const { issuer, jwkBase64, tokenIssuer, requireAccessTokenType = true } = settings;
  const jwks = parseJwk(jwkText(jwkBase64));
  const read = readVerificationKeys(jwks, { symmetric: true, privateMembers: true });
  const [refused] = read?.refused ?? [];
  if (refused !== undefined) throw fileProblem('', `the key is refused: ${refused.reason}`);
  if (read === undefined || read.keys.length === 0) throw fileProblem('', 'is not a JWK');
  if (mixesSecrets(read.keys)) throw fileProblem('', MIXED_KEYS);
  const own = issuer === tokenIssuer;
  const trust = { own, mayAssertMayAct: true, mayAssertAct: true };
  return { issuer, jwks, ...trust, requireAccessTokenType: own && requireAccessTokenType };
}

/**
 * The record of one URL of `ISSUER_JWK_OPENID_URL`: the issuer itself, or where its discovery document is. `believed`:
 * in `act` and `may_act` too, as the 2018 services do.
 */
export function openidIssuerRecord(url: string, { believed = false } = {}): TrustedIssuerRecord {
  const [issuer] = url.split('/.well-known/', 1);
  const trust = believed ? { mayAssertMayAct: true, mayAssertAct: true } : {};
  return { issuer: issuer ?? url, openid: issuer === url ? true : url, ...trust };
}

function parseJwk(text: string): NonNullable<TrustedIssuerRecord['jwks']> {
  const jwk = jsonObjectIn(text);
  if (jwk === undefined) throw fileProblem('', 'is not base64 of a JWK');
  return jwk;
}
