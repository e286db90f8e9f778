import { attenuateExpiry, attenuateScopes, excessScopes } from '@mandate/oauth';
import type { Caller } from '@mandate/clients';
import type { Authority, ScopeCeiling } from '@mandate/policy';
import type { DelegationSettings } from '../delegation-settings.js';
import type { ExchangeRequest } from '../exchange-request.js';
import { type Checked, passed, refused } from '../trail.js';
import { isBoundTo } from './actor.js';
import type { TokenOfExchange } from './presented-tokens.js';

/** Section 5: a token bound to a key (RFC 7800) is not a bearer token; without its proof it is refused. */
export function checkSenderConstraint(tokens: readonly TokenOfExchange[]): Checked {
  if (tokens.every(({ claims }) => claims['cnf'] === undefined)) return passed();
  return refused('sender_constrained', 'a token that is not bound to a key');
}

/** Section 5: the caller must be somebody the subject token was meant for. */
export function checkCallerAudience(
  subject: TokenOfExchange,
  caller: Caller,
  settings: Pick<DelegationSettings, 'subjectAudienceCheck'>,
): Checked {
  const required = settings.subjectAudienceCheck ?? (subject.trust.own && subject.kind === 'access_token');
  const facts = { required, caller: caller.clientId, audience: subject.audience };
  if (!required || isBoundTo(subject, caller)) return passed(facts);
  return refused('caller_not_in_audience', `a subject token issued to ${caller.clientId} or for it`, facts);
}

/** What bounds the scopes when no rule says: `subject` for access tokens, whose absent scope is the empty set. */
export function defaultScopeCeiling(
  subject: TokenOfExchange,
  settings: Pick<DelegationSettings, 'scopeCeiling'>,
): ScopeCeiling {
  return settings.scopeCeiling ?? (subject.kind === 'access_token' ? 'subject' : 'policy');
}

/** Section 5, before any policy runs: with the ceiling `subject` an over-ask is refused whatever a policy would say. */
export function checkScopeCeiling(
  request: Pick<ExchangeRequest, 'scopes' | 'narrow'>,
  subject: TokenOfExchange,
  ceiling: ScopeCeiling | 'open',
): Checked {
  const facts = { ceiling, requested: request.scopes };
  if (ceiling !== 'subject' || request.narrow) return passed(facts);
  const excess = excessScopes(request.scopes, subject.scopes ?? []);
  if (excess.length === 0) return passed(facts);
  return refused('scope_not_allowed', `the subject token to have scope ${excess.join(' ')}`, { ...facts, excess });
}

/** Section 5: the scopes of the issued token. */
export function grantScopes(
  request: Pick<ExchangeRequest, 'scopes' | 'narrow'>,
  authority: Authority,
  bounds: { subject: TokenOfExchange; ceiling: ScopeCeiling },
): Checked<string[]> {
  const ceiling = authority.scopeCeiling ?? bounds.ceiling;
  const result = attenuateScopes({
    requested: request.scopes,
    granted: authority.scopes,
    ceiling: ceiling === 'subject' ? (bounds.subject.scopes ?? []) : undefined,
    narrow: request.narrow,
  });
  const facts = { ceiling, requested: request.scopes, policy: authority.scopes ?? null };
  if (!result.ok) {
    const needs = `subject token and policy both to allow scope ${result.excess.join(' ')}`;
    return refused('scope_not_allowed', needs, { ...facts, excess: result.excess });
  }
  if (request.scopes.length > 0 && result.scopes.length === 0) {
    return refused('scope_not_allowed', 'at least one requested scope to be allowed', facts);
  }
  return passed({ ...facts, granted: result.scopes }, result.scopes);
}

/** Section 5: `exp` of the issued token in epoch seconds, the least of the subject's, actor's, policy's, configured. */
export function grantLifetime(
  now: number,
  tokens: readonly TokenOfExchange[],
  limits: { policySeconds: number | undefined; maxLifetimeSeconds: number },
): Checked<number> {
  const exp = attenuateExpiry(now, {
    maxSeconds: [limits.policySeconds, limits.maxLifetimeSeconds],
    expiries: tokens.map(({ expiresAt }) => expiresAt),
  });
  const facts = { seconds: exp - now };
  if (exp > now) return passed(facts, exp);
  return refused('lifetime_exhausted', 'tokens that have not expired', facts);
}
