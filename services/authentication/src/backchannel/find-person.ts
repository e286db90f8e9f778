import { countedName } from '@mandate/delegations';
import { OAuthError } from '@mandate/oauth';
import type { Clock } from '@mandate/ports';
import {
  type IssuerKeys,
  type TokenRefusal,
  type VerifiedToken,
  createTokenVerifier,
  parseCompactJws,
} from '@mandate/token';
import { type Hint, MAX_HINT_LENGTH } from './authentication-request.js';
import type { PersonOf } from './people.js';

/** Whom a hint names. `person` counts their open requests, even where `sub` is nobody we know. */
export interface NamedPerson {
  person: string;
  sub: string | undefined;
}

/**
 * Finds the person of a hint. A login hint of nobody we know is no error (docs/security.md P1).
 * @throws OAuthError `invalid_request` or `expired_login_hint_token` for a token that is not acceptable.
 * @throws UpstreamError when the keys of its issuer cannot be had.
 */
export type FindPerson = (hint: Hint, clientId: string) => Promise<NamedPerson>;

export interface FindPersonOptions {
  personOf: PersonOf;
  issuers: IssuerKeys;
  /** What this service is called in `aud` of a login hint token, its issuer first. */
  audience: readonly string[];
  clock: Clock;
}

export function createFindPerson({ personOf, issuers, audience, clock }: FindPersonOptions): FindPerson {
  const ofLoginHintToken = async (token: string): Promise<string> => {
    const verification = await createTokenVerifier({ issuers, clock }).verify(token);
    if (!verification.ok) throw hintRefusal(verification.reason);
    if (verification.token.trust.mayAssertUsers !== true) throw notAcceptable('issuer_may_not_assert_users');
    return subjectFor(audience, verification.token);
  };
  const ofIdToken = async (token: string, clientId: string): Promise<string> => {
    const verification = await createTokenVerifier({
      issuers: withIdTokens(issuers),
      clock: untilExpiry(token, clock),
    }).verify(token);
    if (!verification.ok) throw notAcceptable(verification.reason);
    const { kind, trust } = verification.token;
    if (kind !== 'id_token') throw notAcceptable('wrong_type');
    if (!trust.own && trust.mayAssertUsers !== true) throw notAcceptable('issuer_may_not_assert_users');
    return subjectFor([clientId], verification.token);
  };

  return async ({ kind, value }, clientId) => {
    if (kind === 'login_hint') {
      const sub = personOf(value);
      // an unknown hint must not use up what somebody of that name may be asked
      return { sub, person: sub === undefined ? `hint:${countedName(value)}` : `sub:${countedName(sub)}` };
    }
    const sub = await (kind === 'login_hint_token' ? ofLoginHintToken(value) : ofIdToken(value, clientId));
    return { sub, person: `sub:${countedName(sub)}` };
  };
}

/** An ID token still says whose it was when it has expired (OpenID Connect Core section 3.1.2.1): it is judged as of then. */
function untilExpiry(token: string, clock: Clock): Clock {
  const result = parseCompactJws(token);
  const expiresAt = result.ok ? result.jws.claims['exp'] : undefined;
  return () => (typeof expiresAt === 'number' ? Math.min(clock(), expiresAt - 1) : clock());
}

/** The issuers, whose ID tokens need not be of the type of access tokens. */
function withIdTokens(issuers: IssuerKeys): Pick<IssuerKeys, 'keysFor' | 'issuers'> {
  return {
    issuers: () => issuers.issuers(),
    keysFor(issuer) {
      const keys = issuers.keysFor(issuer);
      return keys && { ...keys, trust: { ...keys.trust, allowIdTokens: true } };
    },
  };
}

/** Whose token it is, which has to be for one of these names. */
function subjectFor(names: readonly string[], { audience, subject }: VerifiedToken): string {
  if (!names.some((name) => audience.includes(name))) throw notAcceptable('wrong_audience');
  if (subject === undefined) throw notAcceptable('no_subject');
  if (subject.length > MAX_HINT_LENGTH) throw notAcceptable('subject_too_long');
  return subject;
}

function hintRefusal(reason: TokenRefusal): OAuthError {
  if (reason !== 'expired') return notAcceptable(reason);
  return new OAuthError('expired_login_hint_token', 'The login hint token has expired');
}

function notAcceptable(detail: string): OAuthError {
  return new OAuthError('invalid_request', 'The hint is not acceptable', { detail });
}
