import { type JsonObject, isJsonObject, oncePer } from '@mandate/ports';
import { formatScope } from '@mandate/oauth';
import type { InactiveReason, Introspection, TokenIntrospector, TokenTypeHint } from './token-introspector.js';
import type { TokenRefusal, TokenVerifier, VerifiedToken } from '../tokens/verified-token.js';

/** Refusals of something that need not be a token of ours or of an issuer we know. */
const NOT_MINE: ReadonlySet<TokenRefusal> = new Set(['too_large', 'malformed', 'unknown_issuer']);

/** Members that only the server may say; a token's claim of that name is dropped (RFC 7662 section 2.2, T19). */
const SERVER_MEMBERS: ReadonlySet<string> = new Set([
  'active',
  'iss',
  'sub',
  'aud',
  'client_id',
  'scope',
  'token_type',
  'username',
  'exp',
  'iat',
  'jti',
  '__proto__',
  'constructor',
  'prototype',
]);

/**
 * Introspects JWTs by verifying them against the keys of their issuer.
 *
 * @example
 * const answer = await createJwtIntrospector({ verifier }).introspect(token, 'access_token');
 * const claims = answer.outcome === 'active' ? answer.claims : undefined;
 */
export function createJwtIntrospector({ verifier }: { verifier: TokenVerifier }): TokenIntrospector {
  const claimsOf = oncePer(introspectionClaims);
  return {
    async introspect(token, hint): Promise<Introspection> {
      const result = await verifier.verify(token);
      if (!result.ok) return NOT_MINE.has(result.reason) ? { outcome: 'not_mine' } : inactive(result.reason);
      if (!isIntrospectable(result.token, hint)) return inactive('id_token_not_asked_for');
      return { outcome: 'active', claims: claimsOf(result.token), token: result.token };
    },
  };
}

/** An ID token is for its client, not for a resource server: only on request, or where its issuer is set up so. */
function isIntrospectable({ kind, trust }: VerifiedToken, hint: TokenTypeHint | undefined): boolean {
  return kind !== 'id_token' || hint === 'id_token' || trust.allowIdTokens;
}

/**
 * The answer without `active`, the same for each question about a token: the server's members from what was verified,
 * then the token's other claims.
 */
function introspectionClaims(token: VerifiedToken): JsonObject {
  const answer: JsonObject = {};
  const server: [string, JsonObject[string] | undefined][] = [
    ['iss', token.issuer],
    ['sub', token.subject],
    ['aud', token.claims['aud']],
    ['client_id', token.clientId],
    ['scope', token.scopes && formatScope(token.scopes)],
    ['token_type', token.kind === 'id_token' ? undefined : tokenType(token)],
    ['exp', token.expiresAt],
    ['iat', token.issuedAt],
    ['jti', token.claims['jti']],
  ];
  for (const [name, value] of server) if (value !== undefined) answer[name] = value;
  for (const [name, value] of Object.entries(token.claims)) if (!SERVER_MEMBERS.has(name)) answer[name] = value;
  // Not before: V8 is slow to fill, copy and write an object that was made without a prototype.
  return Object.freeze(Object.setPrototypeOf(answer, null) as JsonObject);
}

/** RFC 9449 section 6.2: a token bound to a DPoP key is no bearer token. */
function tokenType({ claims }: VerifiedToken): string {
  const cnf = claims['cnf'];
  return isJsonObject(cnf) && Object.hasOwn(cnf, 'jkt') ? 'DPoP' : 'Bearer';
}

function inactive(reason: InactiveReason): Introspection {
  return { outcome: 'inactive', reason };
}
