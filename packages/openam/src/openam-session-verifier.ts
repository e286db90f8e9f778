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
  const id = tokenIdentifier(nameOf(text), { issuer, jwtId: undefined });
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

const JOSE = /^(?:[\w-]*\.){2,4}[\w-]*$/;

/**
 * What one session has in every spelling. A stateless one is a JWT: AM looks at nothing before its last `*`, and takes
 * bits of base64url that no byte has. So it is named by what is signed or encrypted, without the signature or tag.
 */
function nameOf(session: string): string {
  const jwt = session.slice(session.lastIndexOf('*') + 1);
  if (!JOSE.test(jwt)) return session;
  const parts = jwt.split('.').slice(0, -1);
  return parts.map((part) => Buffer.from(part, 'base64url').toString('base64url')).join('.');
}
