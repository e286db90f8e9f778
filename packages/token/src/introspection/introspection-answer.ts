import { contradiction, normalClaims } from '@mandate/oauth';
import type { JsonObject, JsonValue } from '@mandate/ports';
import { type RegisteredClaims, readRegisteredClaims } from '../tokens/read-claims.js';
import { isRefreshToken } from '../tokens/token-kind.js';
import { checkTimes } from '../tokens/token-verifier.js';
import type { TokenRefusal } from '../tokens/verified-token.js';

export interface AnswerRules {
  /** Whether the server may speak of tokens of this issuer. An answer without `iss` is of the one it is asked for. */
  isIssuer: (iss: JsonValue) => boolean;
  /** What the token says of itself, where it can be read: an answer that says otherwise is about another token. */
  signed?: JsonObject | undefined;
  /** Epoch seconds. */
  now: number;
}

/** The claims of an answer in the form of `normalClaims`, or why the token it is about is not to be accepted. */
export type AnswerCheck =
  { ok: true; claims: JsonObject; registered: RegisteredClaims } | { ok: false; reason: TokenRefusal };

/**
 * Checks the claims that another server's active answer has (RFC 7662 section 2.2) as strictly as those of a token that
 * is verified here: their types, their times, whom they are of. Without `exp` they are refused, and of a refresh token.
 */
export function checkIntrospectionAnswer(answer: JsonObject, rules: AnswerRules): AnswerCheck {
  const { isIssuer, signed = {}, now } = rules;
  const claims = normalClaims(answer);
  const { iss } = claims;
  if (iss !== undefined && !isIssuer(iss)) return { ok: false, reason: 'unknown_issuer' };
  if (contradiction(signed, claims) !== undefined) return { ok: false, reason: 'bad_claim' };
  if (isRefreshToken(claims)) return { ok: false, reason: 'wrong_type' };
  const read = readRegisteredClaims(claims);
  if (!read.ok) return read;
  const reason = checkTimes(read.claims, now);
  return reason === undefined ? { ok: true, claims, registered: read.claims } : { ok: false, reason };
}
