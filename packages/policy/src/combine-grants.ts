import { distinct, intersectScopes, type NamedIdentity } from '@mandate/oauth';
import { canonicalJson, type JsonObject } from '@mandate/ports';
import type { ActAsForm, ClaimFrom, EmbeddedGrant, Grant, PolicyRequest, ScopeCeiling } from './policy-backend.js';

/** What all grants of one decision come to together. */
export interface Authority {
  audiences: readonly string[];
  /** `undefined`: what is asked, within the ceiling. */
  scopes: readonly string[] | undefined;
  /** What each audience gives to `scopes`, where they were united although they differ (IMS). */
  unitedScopes?: Readonly<Record<string, readonly string[]>>;
  expirationSeconds: number | undefined;
  /** An actor must be named in every one of these lists. */
  allowedActors: readonly (readonly NamedIdentity[])[];
  additionalClaims: JsonObject;
  carriedClaims: JsonObject;
  /** Any `false` is false; `undefined`: the grants leave it to the default. */
  impersonation: boolean | undefined;
  clientAsActor: boolean;
  thirdPartyActor: boolean;
  /** Every grant says so. */
  actAs: boolean;
  /** `undefined`: the grants leave it to the default. */
  actAsForm: ActAsForm | undefined;
  /** Every grant says so. */
  mayAskSubject: boolean;
  /** Of every grant, each once. */
  claimsFrom: readonly ClaimFrom[];
  /** Any `required` is required. */
  claimsProvider: 'required' | 'optional' | undefined;
  /** Of every grant, each once. */
  embed: readonly EmbeddedGrant[];
  scopeCeiling: ScopeCeiling | undefined;
}

/** Several targets with different scopes in one request: refused, or one token for all of them with all of the scopes. */
export type SeveralTargets = 'refuse' | 'union';

export type CombinedGrants =
  | { ok: true; authority: Authority }
  | { ok: false; reason: 'ambiguous_targets' | 'policy_conflict'; facts: Record<string, string[]> };

/**
 * Combines the grants of a permit: audiences and scopes unite, the expiration is the
 * least, every list of allowed actors counts, and of the switches the stricter wins. Several targets whose scopes
 * differ are ambiguous (RFC 9068 section 5), unless `severalTargets` says to unite them (IMS); one claim with two values
 * is a conflict. The order of grants is without meaning.
 */
export function combineGrants(
  grants: readonly Grant[],
  request: Pick<PolicyRequest, 'resources' | 'audiences' | 'scopes'>,
  { severalTargets = 'refuse' }: { severalTargets?: SeveralTargets } = {},
): CombinedGrants {
  const audiences = distinct(grants.map(({ audience }) => audience));
  const scopes = audiences.map((audience) => scopesAt(grants, audience));
  const isSeveral = request.resources.length + request.audiences.length > 1;
  const differ = isSeveral && scopesDiffer(scopes, request.scopes);
  if (differ && severalTargets === 'refuse') {
    return { ok: false, reason: 'ambiguous_targets', facts: { audiences } };
  }
  const conflict = grants.length > 1 ? conflictOf(grants) : undefined;
  if (conflict !== undefined) return { ok: false, reason: 'policy_conflict', facts: conflict };
  const authority = combineTerms(grants, { audiences, scopes: uniteScopes(scopes) });
  if (!differ) return { ok: true, authority };
  const unitedScopes = Object.fromEntries(audiences.map((name, index) => [name, scopes[index] ?? request.scopes]));
  return { ok: true, authority: { ...authority, unitedScopes } };
}

/** What several grants say of one thing and cannot all have; one says nothing twice. */
function conflictOf(grants: readonly Grant[]): Record<string, string[]> | undefined {
  const claims = conflictingClaims(grants);
  if (claims.length > 0) return { claims };
  const forms = new Set(grants.flatMap(({ actAsForm }) => actAsForm ?? []));
  if (forms.size > 1) return { members: ['actAsForm'] };
  const clashes = conflictingClaims(grants.map(({ embed = [] }) => ({ additionalClaims: embeddedByClaim(embed) })));
  return clashes.length > 0 ? { claims: clashes } : undefined;
}

function combineTerms(
  grants: readonly Grant[],
  { audiences, scopes }: Pick<Authority, 'audiences' | 'scopes'>,
): Authority {
  const expirations = grants.flatMap(({ expirationSeconds }) => expirationSeconds ?? []);
  const every = (ceiling: ScopeCeiling): boolean => grants.every(({ scopeCeiling }) => scopeCeiling === ceiling);
  return {
    audiences,
    scopes,
    expirationSeconds: expirations.length > 0 ? Math.min(...expirations) : undefined,
    allowedActors: grants.flatMap(({ allowedActors }) => (allowedActors === undefined ? [] : [allowedActors])),
    additionalClaims: grants.reduce<JsonObject>((all, { additionalClaims }) => ({ ...all, ...additionalClaims }), {}),
    carriedClaims: grants.reduce<JsonObject>((all, { carriedClaims }) => ({ ...all, ...carriedClaims }), {}),
    impersonation: grants.some((grant) => grant.impersonation === false)
      ? false
      : grants.find((grant) => grant.impersonation)?.impersonation,
    clientAsActor: grants.some(({ clientAsActor }) => clientAsActor === true),
    thirdPartyActor: grants.every(({ thirdPartyActor }) => thirdPartyActor === true),
    actAs: grants.every(({ actAs }) => actAs === true),
    actAsForm: grants.find(({ actAsForm }) => actAsForm)?.actAsForm,
    mayAskSubject: grants.every(({ mayAskSubject }) => mayAskSubject === true),
    claimsFrom: claimsFromOf(grants),
    embed: distinctBy(
      grants.flatMap(({ embed = [] }) => embed),
      embeddedText,
    ),
    claimsProvider: (['required', 'optional'] as const).find((need) =>
      grants.some(({ claimsProvider }) => claimsProvider === need),
    ),
    scopeCeiling: every('policy') ? 'policy' : grants.some((grant) => grant.scopeCeiling) ? 'subject' : undefined,
  };
}

function embeddedText(token: EmbeddedGrant): string {
  return canonicalJson(embeddedByClaim([token]));
}

/** Tokens inside the token, as the claims that hold them. */
export function embeddedByClaim(tokens: readonly EmbeddedGrant[]): JsonObject {
  return Object.fromEntries(
    tokens.map(({ claim, audience, scopes, expirationSeconds = null, additionalClaims = {} }) => [
      claim,
      { audience, scopes: [...scopes], expirationSeconds, additionalClaims },
    ]),
  );
}

function claimsFromOf(grants: readonly Grant[]): ClaimFrom[] {
  const all = grants.flatMap(({ claimsFrom = [] }) => claimsFrom);
  return distinctBy(all, ({ from, claim, as }) => JSON.stringify([from, claim, as]));
}

/** Each once that has the same text. */
function distinctBy<T>(items: T[], textOf: (item: T) => string): T[] {
  return items.length < 2 ? items : [...new Map(items.map((item) => [textOf(item), item])).values()];
}

function scopesAt(grants: readonly Grant[], audience: string): readonly string[] | undefined {
  return uniteScopes(grants.filter((grant) => grant.audience === audience).map(({ scopes }) => scopes));
}

/** One grant that leaves scopes open leaves the union open. */
function uniteScopes(sets: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  return sets.includes(undefined) ? undefined : distinct(sets.flatMap((scopes) => scopes ?? []));
}

function scopesDiffer(sets: readonly (readonly string[] | undefined)[], scopesOfRequest: readonly string[]): boolean {
  const effective = sets.map((scopes) => {
    if (scopes === undefined) return scopesOfRequest;
    return scopesOfRequest.length === 0 ? scopes : intersectScopes(scopesOfRequest, scopes);
  });
  return new Set(effective.map((scopes) => [...scopes].sort().join(' '))).size > 1;
}

/** The names of claims that two of the grants give different values. */
function conflictingClaims(grants: readonly Pick<Grant, 'additionalClaims'>[]): string[] {
  const values = new Map<string, string>();
  const conflicts = new Set<string>();
  for (const [name, value] of grants.flatMap(({ additionalClaims }) => Object.entries(additionalClaims ?? {}))) {
    const text = canonicalJson(value);
    if ((values.get(name) ?? text) !== text) conflicts.add(name);
    values.set(name, text);
  }
  return [...conflicts];
}
