import type { KeyObject } from 'node:crypto';
import type { Clock, JsonObject } from '@mandate/ports';
import { type CompactJws, parseCompactJws } from '../jws/compact-jws.js';
import type { IssuerKeys, TrustedIssuer } from '../issuers/issuer-keys.js';
import { type RegisteredClaims, type TokenTimes, readRegisteredClaims } from './read-claims.js';
import { tokenIdentifier } from './token-identifier.js';
import { isAccessTokenType, isPlainType, isRefreshToken, tokenKind } from './token-kind.js';
import type { TokenKind, TokenRefusal, TokenVerifier, VerifiedToken } from './verified-token.js';
import type { AcceptedToken, VerifiedTokens } from './verified-tokens.js';
import { keysBoundTo, verifyingKey } from '../jws/verify-signature.js';

export interface TokenVerifierOptions {
  issuers: IssuerKeys;
  clock: Clock;
  /** Spares what reading and verifying the same token again would come to; absent: each is read and verified anew. */
  known?: VerifiedTokens | undefined;
}

/** How far `nbf` and `iat` may lie ahead of our clock. `exp` is taken as it stands. */
const SKEW_SECONDS = 30;

/**
 * Verifies compact JWS tokens of trusted issuers (RFC 7519 section 7.2, RFC 8725, RFC 9068 section 4).
 *
 * @example
 * const result = await createTokenVerifier({ issuers, clock }).verify(token);
 * const subject = result.ok ? result.token.subject : undefined;
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuers, clock, known } = options;
  return {
    async verify(token) {
      const before = known?.find(token);
      if (before?.accepted !== undefined && (await isStillAccepted(before.accepted, issuers))) {
        const { token: verified, times, issuer } = before.accepted;
        const refusal = checkTimes(times, clock(), issuer.maxLifetimeSeconds);
        return refusal === undefined ? { ok: true, token: verified } : refuse(refusal);
      }
      const parsed = parseCompactJws(token);
      if (!parsed.ok) return parsed;
      const { jws } = parsed;
      const issuer = trustedIssuer(issuers, jws.claims);
      if (issuer === undefined) return refuse('unknown_issuer');
      const key = await keyOf(jws, issuer);
      if (typeof key === 'string') return refuse(key);
      const result = acceptClaims(jws, { issuer, now: clock() });
      if (!result.ok) return result;
      before?.keep({ token: result.token, times: result.times, key, issuer });
      return { ok: true, token: result.token };
    },
  };
}

/** Whether the terms on which a token was accepted and the key that verified it are those of its issuer now. */
async function isStillAccepted({ token, key, issuer }: AcceptedToken, issuers: IssuerKeys): Promise<boolean> {
  if (issuers.keysFor(token.issuer) !== issuer) return false;
  return keysBoundTo(await issuer.candidates(token.header), token.header.alg).includes(key);
}

/** The issuer decides first, its key second: a key of one issuer never vouches for another (RFC 8725 section 3.8). */
function trustedIssuer(issuers: IssuerKeys, claims: JsonObject): TrustedIssuer | undefined {
  const iss = Object.hasOwn(claims, 'iss') ? claims['iss'] : undefined;
  return typeof iss === 'string' ? issuers.keysFor(iss) : undefined;
}

/** The key that verifies the token, of those that the issuer has now. */
async function keyOf(jws: CompactJws, issuer: TrustedIssuer): Promise<KeyObject | TokenRefusal> {
  if (issuer.algorithms?.includes(jws.header.alg) === false) return 'algorithm_not_allowed';
  const keys = await issuer.candidates(jws.header);
  if (keys.length === 0) return 'unknown_key';
  return verifyingKey(jws, keys) ?? 'bad_signature';
}

function acceptClaims(
  jws: CompactJws,
  { issuer, now }: { issuer: TrustedIssuer; now: number },
): { ok: true; token: VerifiedToken; times: TokenTimes } | { ok: false; reason: TokenRefusal } {
  const { header, claims } = jws;
  const kind = tokenKind(header.typ, claims, issuer.tokens);
  if (!hasAcceptedType(header.typ, claims, { kind, issuer })) return refuse('wrong_type');
  const read = readRegisteredClaims(claims);
  if (!read.ok) return read;
  const registered = read.claims;
  const refusal = checkTimes(registered, now, issuer.maxLifetimeSeconds) ?? checkAudience(registered, issuer);
  if (refusal !== undefined) return refuse(refusal);
  const { expiresAt, notBefore, issuedAt } = registered;
  const times = { expiresAt, notBefore, issuedAt };
  return { ok: true, token: verifiedToken(jws, { kind, issuer, registered }), times };
}

/** RFC 8725 sections 3.11 and 3.12: no logout or refresh token, DPoP proof or introspection response passes for another. */
function hasAcceptedType(
  typ: string | undefined,
  claims: JsonObject,
  { kind, issuer }: { kind: TokenKind; issuer: TrustedIssuer },
): boolean {
  if (Object.hasOwn(claims, 'events') || isRefreshToken(claims)) return false;
  if (isAccessTokenType(typ)) return true;
  if (!isPlainType(typ)) return false;
  return !issuer.requireAccessTokenType || (kind === 'id_token' && issuer.trust.allowIdTokens);
}

/** Whether a token is of this moment, by its own times; all of them, and `now`, are epoch seconds. */
export function checkTimes(
  { expiresAt, notBefore, issuedAt }: TokenTimes,
  now: number,
  maxLifetimeSeconds?: number,
): TokenRefusal | undefined {
  if (now >= expiresAt) return 'expired';
  if (notBefore !== undefined && notBefore > now + SKEW_SECONDS) return 'not_yet_valid';
  if (issuedAt !== undefined && issuedAt > now + SKEW_SECONDS) return 'issued_in_future';
  return maxLifetimeSeconds !== undefined && expiresAt - now > maxLifetimeSeconds ? 'lifetime_too_long' : undefined;
}

function checkAudience({ audience }: RegisteredClaims, issuer: TrustedIssuer): TokenRefusal | undefined {
  const accepted = issuer.audience;
  return accepted === undefined || audience.some((item) => accepted.includes(item)) ? undefined : 'wrong_audience';
}

function verifiedToken(
  { header, claims, signingInput }: CompactJws,
  { kind, issuer, registered }: { kind: TokenKind; issuer: TrustedIssuer; registered: RegisteredClaims },
): VerifiedToken {
  const { subject, clientId, scopes, audience, expiresAt, issuedAt, jwtId } = registered;
  const id = tokenIdentifier(signingInput, { issuer: issuer.issuer, jwtId });
  return {
    claims,
    header,
    kind,
    issuer: issuer.issuer,
    subject,
    clientId,
    scopes,
    audience,
    expiresAt,
    issuedAt,
    id,
    trust: issuer.trust,
  };
}

function refuse(reason: TokenRefusal): { ok: false; reason: TokenRefusal } {
  return { ok: false, reason };
}
