import { hash } from 'node:crypto';
import type { JsonObject } from '@mandate/ports';
import { type TokenSubject, authenticationClaims } from './access-token-claims.js';

/** What an ID token says. Times in epoch seconds. */
export interface IdTokenTerms {
  issuer: string;
  subject: TokenSubject;
  clientId: string;
  issuedAt: number;
  expiresAt: number;
  /** What its access token says of the delegation that both belong to. */
  delegation: JsonObject;
  /** The one that it goes with. */
  accessToken: string;
  /** Signs the ID token; `at_hash` goes by it. */
  alg: string;
}

/** The claims of an ID token (OpenID Connect Core section 2). */
export function idTokenClaims(terms: IdTokenTerms): JsonObject {
  const { issuer, subject, clientId, issuedAt, expiresAt, delegation, accessToken, alg } = terms;
  return {
    iss: issuer,
    sub: subject.sub,
    aud: clientId,
    azp: clientId,
    iat: issuedAt,
    exp: expiresAt,
    ...authenticationClaims(subject),
    // where our ID tokens are subject tokens, what was agreed to binds and ends them as well
    ...delegation,
    at_hash: hashFor(alg, accessToken),
  };
}

/** The left half of the hash that goes with the algorithm (OpenID Connect Core section 3.1.3.6). */
function hashFor(alg: string, text: string): string {
  const bits = /(256|384|512)$/.exec(alg)?.[1] ?? '512';
  const digest = hash(`sha${bits}`, text, 'buffer');
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
