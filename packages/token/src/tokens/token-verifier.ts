import type { KeyObject } from 'node:crypto';
import type { Clock, JsonObject } from '@mandate/ports';
import { type CompactJws, parseCompactJws } from '../jws/compact-jws.js';
import type { IssuerKeys, TrustedIssuer } from '../issuers/issuer-keys.js';
import { type RegisteredClaims, readRegisteredClaims } from './read-claims.js';
import { tokenIdentifier } from './token-identifier.js';
import { isAccessTokenType, isPlainType, tokenKind } from './token-kind.js';
import type { TokenKind, TokenRefusal, TokenVerifier, VerifiedToken, VerifyResult } from './verified-token.js';
import type { VerifiedTokens } from './verified-tokens.js';
import { keysBoundTo, verifyingKey } from '../jws/verify-signature.js';

export interface TokenVerifierOptions {
  issuers: IssuerKeys;
  clock: Clock;
  /** How far `nbf` and `iat` may lie ahead of our clock; default 30. `exp` is taken as it stands. */
  clockSkewSeconds?: number;
  /** Spares what reading and verifying the same token again would come to; absent: each is read and verified anew. */
  known?: VerifiedTokens | undefined;
}

export interface TimeRules {
  now: number;
  skew: number;
}

/**
 * Verifies compact JWS tokens of trusted issuers (RFC 7519 section 7.2, RFC 8725, RFC 9068 section 4).
 *
 * @example
 * const result = await createTokenVerifier({ issuers, clock }).verify(token);
 * const subject = result.ok ? result.token.subject : undefined;
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuers, clock, clockSkewSeconds: skew = 30, known } = options;
  return {
    async verify(token) {
      const before = known?.find(token);
      const read = before?.read;
      const parsed = read === undefined ? parseCompactJws(token) : { ok: true as const, jws: read.jws };
      if (!parsed.ok) return parsed;
      const { jws } = parsed;
      const issuer = trustedIssuer(issuers, jws.claims);
      if (issuer === undefined) return refuse('unknown_issuer');
      const signed = await checkSignature(token, jws, { issuer, verifiedBy: read?.key });
      if (typeof signed === 'string') return refuse(signed);
      const result = acceptClaims(token, jws, { issuer, time: { now: clock(), skew } });
      if (result.ok && signed !== read?.key) before?.keep({ jws, key: signed });
      return result;
    },
  };
}

/** The issuer decides first, its key second: a key of one issuer never vouches for another (RFC 8725 section 3.8). */
function trustedIssuer(issuers: IssuerKeys, claims: JsonObject): TrustedIssuer | undefined {
  const iss = Object.hasOwn(claims, 'iss') ? claims['iss'] : undefined;
  return typeof iss === 'string' ? issuers.keysFor(iss) : undefined;
}

/** The key that verifies the token, of those that the issuer has now: the one of before without another look. */
async function checkSignature(
  token: string,
  { header }: CompactJws,
  { issuer, verifiedBy }: { issuer: TrustedIssuer; verifiedBy: KeyObject | undefined },
): Promise<KeyObject | TokenRefusal> {
  if (issuer.algorithms?.includes(header.alg) === false) return 'algorithm_not_allowed';
  const keys = await issuer.candidates(header);
  if (keys.length === 0) return 'unknown_key';
  if (verifiedBy !== undefined && keysBoundTo(keys, header.alg).includes(verifiedBy)) return verifiedBy;
  return verifyingKey(token, header.alg, keys) ?? 'bad_signature';
}

function acceptClaims(
  token: string,
  { header, claims }: CompactJws,
  { issuer, time }: { issuer: TrustedIssuer; time: TimeRules },
): VerifyResult {
  const kind = tokenKind(header.typ, claims, issuer.tokens);
  if (!hasAcceptedType(header.typ, claims, { kind, issuer })) return refuse('wrong_type');
  const read = readRegisteredClaims(claims);
  if (!read.ok) return read;
  const registered = read.claims;
  const refusal = checkTimes(registered, time, issuer.maxLifetimeSeconds) ?? checkAudience(registered, issuer);
  if (refusal !== undefined) return refuse(refusal);
  return { ok: true, token: verifiedToken(token, { header, claims }, { kind, issuer, registered }) };
}

/** RFC 8725 sections 3.11 and 3.12: no logout token, DPoP proof or introspection response passes for anything else. */
function hasAcceptedType(
  typ: string | undefined,
  claims: JsonObject,
  { kind, issuer }: { kind: TokenKind; issuer: TrustedIssuer },
): boolean {
  if (Object.hasOwn(claims, 'events')) return false;
  if (isAccessTokenType(typ)) return true;
  if (!isPlainType(typ)) return false;
  return !issuer.requireAccessTokenType || (kind === 'id_token' && issuer.trust.allowIdTokens);
}

/** Whether a token is of this moment, by its own times; all of them are epoch seconds. */
export function checkTimes(
  { expiresAt, notBefore, issuedAt }: RegisteredClaims,
  { now, skew }: TimeRules,
  maxLifetimeSeconds?: number,
): TokenRefusal | undefined {
  if (now >= expiresAt) return 'expired';
  if (notBefore !== undefined && notBefore > now + skew) return 'not_yet_valid';
  if (issuedAt !== undefined && issuedAt > now + skew) return 'issued_in_future';
  return maxLifetimeSeconds !== undefined && expiresAt - now > maxLifetimeSeconds ? 'lifetime_too_long' : undefined;
}

function checkAudience({ audience }: RegisteredClaims, issuer: TrustedIssuer): TokenRefusal | undefined {
  const accepted = issuer.audience;
  return accepted === undefined || audience.some((item) => accepted.includes(item)) ? undefined : 'wrong_audience';
}

function verifiedToken(
  token: string,
  { header, claims }: CompactJws,
  { kind, issuer, registered }: { kind: TokenKind; issuer: TrustedIssuer; registered: RegisteredClaims },
): VerifiedToken {
  const { subject, clientId, scopes, audience, expiresAt, issuedAt, jwtId } = registered;
  const id = tokenIdentifier(token, { issuer: issuer.issuer, jwtId });
  const facts = { subject, clientId, scopes, audience, expiresAt, issuedAt, id };
  return { claims, header, kind, issuer: issuer.issuer, ...facts, trust: issuer.trust };
}

function refuse(reason: TokenRefusal): VerifyResult {
  return { ok: false, reason };
}
