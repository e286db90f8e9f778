import { attenuateExpiry, attenuateScopes, excessScopes } from '@mandate/oauth';
import type { Authority, ScopeCeiling } from '@mandate/policy';
import type { VerifiedToken } from '@mandate/token';
import type { RuleSettings } from './rule-settings.js';
import { type Question, tokensOf } from '../exchange/question.js';
import { isBoundTo } from './actor.js';
import { type Checked, type LazyFacts, passed, refused } from './checked.js';

/** Section 5: a token bound to a key (RFC 7800) is not a bearer token; without its proof it is refused. */
export function checkSenderConstraint(question: Question): Checked {
  if (tokensOf(question).every(({ claims }) => claims['cnf'] === undefined)) return passed();
  return refused('sender_constrained', 'a token that is not bound to a key');
}

/** Section 5: the caller must be somebody the subject token was meant for. */
export function checkCallerAudience(
  { origin, subject: { token }, caller }: Question,
  settings: Pick<RuleSettings, 'subjectAudienceCheck'>,
): Checked {
  const ownAccessToken = token !== undefined && token.trust.own && token.kind === 'access_token';
  // An assertion is meant for this service, or for the caller: its own check has seen to that.
  const required = origin === 'token_exchange' && (settings.subjectAudienceCheck ?? ownAccessToken);
  const facts = () => ({ required, caller: caller.clientId, audience: token?.audience ?? [] });
  if (!required || token === undefined || isBoundTo(token, caller)) return passed(facts);
  return refused('caller_not_in_audience', `a subject token issued to ${caller.clientId} or for it`, facts);
}

/**
 * What bounds the scopes when no rule says: `subject` for access tokens, whose absent scope is the empty set; `policy`
 * without the subject's token (section 9).
 */
export function defaultScopeCeiling(
  { origin, subject }: Pick<Question, 'origin' | 'subject'>,
  settings: Pick<RuleSettings, 'scopeCeiling'>,
): ScopeCeiling {
  if (origin !== 'token_exchange') return 'policy';
  return settings.scopeCeiling ?? (subject.token?.kind === 'access_token' ? 'subject' : 'policy');
}

/** Section 5, before any policy runs: with the ceiling `subject` an over-ask is refused whatever a policy would say. */
export function checkScopeCeiling({ terms, subject }: Question, ceiling: ScopeCeiling | 'open'): Checked {
  const requested = terms.scopes;
  if (ceiling !== 'subject' || terms.narrow) return passed(() => ({ ceiling, requested }));
  const excess = excessScopes(requested, subject.token?.scopes ?? []);
  if (excess.length === 0) return passed(() => ({ ceiling, requested }));
  const needs = `the subject token to have scope ${excess.join(' ')}`;
  return refused('scope_not_allowed', needs, () => ({ ceiling, requested, excess }));
}

/** Section 5: the scopes of the issued token. */
export function grantScopes(
  question: Question,
  authority: Authority,
  settings: Pick<RuleSettings, 'scopeCeiling'>,
): Checked<string[]> {
  const { terms, subject } = question;
  const ceiling = authority.scopeCeiling ?? defaultScopeCeiling(question, settings);
  const result = attenuateScopes({
    requested: terms.scopes,
    granted: authority.scopes,
    ceiling: ceiling === 'subject' ? (subject.token?.scopes ?? []) : undefined,
    narrow: terms.narrow,
  });
  const facts = () => ({ ceiling, requested: terms.scopes, policy: authority.scopes ?? null });
  if (!result.ok) {
    const { excess } = result;
    const needs = `subject token and policy both to allow scope ${excess.join(' ')}`;
    return refused('scope_not_allowed', needs, () => ({ ...facts(), excess }));
  }
  const granted = result.scopes;
  if (terms.scopes.length > 0 && granted.length === 0) {
    return refused('scope_not_allowed', 'at least one requested scope to be allowed', facts);
  }
  if (granted.length > 0) return passed(() => ({ ...facts(), granted }), granted);
  return checkCeilingLeft(authority, () => ({ ...facts(), granted }));
}

/** A token without any scope is one of a policy that grants none, never what a ceiling left of one that does. */
function checkCeilingLeft({ scopes = [] }: Pick<Authority, 'scopes'>, facts: LazyFacts): Checked<string[]> {
  if (scopes.length === 0) return passed(facts, []);
  const needs = `the subject token to have one of the scopes ${scopes.join(' ')}, or the ceiling policy`;
  return refused('scope_ceiling_empty', needs, facts);
}

/**
 * Section 5: `exp` of the issued token in epoch seconds, the least of the subject's, actor's, policy's, configured. Of
 * assertions only access tokens count: others live for as long as it takes to hand them in.
 */
export function grantLifetime(
  question: Question,
  { expirationSeconds }: Pick<Authority, 'expirationSeconds'>,
  { issuedAt, now, settings }: { issuedAt: number; now: number; settings: Pick<RuleSettings, 'maxLifetimeSeconds'> },
): Checked<number> {
  const exp = attenuateExpiry(issuedAt, {
    maxSeconds: [expirationSeconds, settings.maxLifetimeSeconds],
    expiries: tokensOf(question)
      .filter((token) => boundsLifetime(question, token))
      .map(({ expiresAt }) => expiresAt),
  });
  const facts = () => ({ seconds: exp - issuedAt });
  if (exp > now) return passed(facts, exp);
  return refused('lifetime_exhausted', 'tokens that have not expired', facts);
}

function boundsLifetime({ origin }: Question, { kind }: VerifiedToken): boolean {
  return origin === 'token_exchange' || kind === 'access_token';
}

/** Epoch seconds after which no token lives that is derived of the first token of the question, whenever it is. */
export function longestLife(
  question: Question,
  { maxLifetimeSeconds }: Pick<RuleSettings, 'maxLifetimeSeconds'>,
): number {
  const [root] = tokensOf(question);
  if (root === undefined) return 0;
  return root.expiresAt + (boundsLifetime(question, root) ? 0 : maxLifetimeSeconds);
}
