import type { Clock, JsonObject } from '@mandate/ports';
import { NO_TRUST, type TokenVerifier, type VerifiedToken, tokenIdentifier } from '@mandate/token';
import { isSessionToken, type OpenamSession, type OpenamSessions } from './openam-sessions.js';

export interface OpenamSessionVerifierOptions {
  sessions: OpenamSessions;
  clock: Clock;
  /** Longest time a session vouches for what is derived from it: AM does not tell us when it is logged out. */
  lifetimeSeconds: number;
}

/** Verifies AM session tokens by asking AM; what they expire by is bounded by the session's own end. */
export function createOpenamSessionVerifier(options: OpenamSessionVerifierOptions): TokenVerifier {
  const { sessions, clock, lifetimeSeconds } = options;
  return {
    async verify(token) {
      if (!isSessionToken(token)) return { ok: false, reason: 'malformed' };
      const session = await sessions.validate(token);
      if (session === undefined) return { ok: false, reason: 'no_session' };
      const seconds = Math.floor((await sessions.secondsLeft(token)) ?? lifetimeSeconds);
      if (seconds === 0) return { ok: false, reason: 'expired' };
      return { ok: true, token: sessionAsToken(token, session, clock() + Math.min(seconds, lifetimeSeconds)) };
    },
  };
}

/**
 * What a session says, in the terms of a token. Its identity is AM's address and realm with the user id in lower case:
 * AM lets `ALICE` and `alice` in as one person, and no rule may be evaded by typing. `expiresAt` is epoch seconds.
 */
export function sessionAsToken(text: string, session: OpenamSession, expiresAt: number): VerifiedToken {
  const { uid, realm, sessionUid, issuer } = session;
  const subject = uid.toLowerCase();
  const claims: JsonObject = Object.assign(Object.create(null) as JsonObject, {
    iss: issuer,
    sub: subject,
    uid,
    realm,
    ...(sessionUid !== undefined && { sessionUid }),
  });
  const id = tokenIdentifier(text, { issuer, jwtId: undefined });
  return {
    claims,
    header: { alg: 'none' },
    kind: 'am_session',
    issuer,
    subject,
    id,
    expiresAt,
    trust: NO_TRUST,
    clientId: undefined,
    scopes: undefined,
    audience: [],
    issuedAt: undefined,
  };
}
