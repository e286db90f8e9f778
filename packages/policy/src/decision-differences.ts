import { canonicalJson, type JsonObject, type JsonValue } from '@mandate/ports';
import type { NamedIdentity } from '@mandate/oauth';
import { type Authority, combineGrants, embeddedByClaim } from './combine-grants.js';
import type { PolicyDecision, PolicyRequest } from './policy-backend.js';

/** What two decisions can differ in. A closed set: it is a metric label. */
export const DIFFERENCES = ['verdict', 'audiences', 'scopes', 'actors', 'expiration', 'claims', 'switches'] as const;

export type Difference = (typeof DIFFERENCES)[number];

type Targets = Pick<PolicyRequest, 'resources' | 'audiences' | 'scopes'>;

/**
 * Where two decisions about one question part: in the verdict, or for two permits in what all their grants come to
 * together. Order, and how a policy is cut into rules, make no difference. Claims by name, since a value may be secret.
 */
export function differencesOf(
  one: PolicyDecision,
  other: PolicyDecision,
  request: Targets,
): { differences: Difference[]; claims: string[] } {
  if (one.outcome !== other.outcome) return { differences: ['verdict'], claims: [] };
  if (one.outcome !== 'permit' || other.outcome !== 'permit') return { differences: [], claims: [] };
  const [left, right] = [combineGrants(one.grants, request), combineGrants(other.grants, request)];
  // A permit whose grants contradict each other is refused: another verdict than a permit that holds.
  if (!left.ok || !right.ok) return { differences: left.ok === right.ok ? [] : ['verdict'], claims: [] };
  const claims = differingClaims(left.authority, right.authority);
  const differences = Object.entries(PARTS)
    .filter(([, part]) => part(left.authority) !== part(right.authority))
    .map(([name]) => name as keyof typeof PARTS);
  return { differences: claims.length > 0 ? [...differences, 'claims'] : differences, claims };
}

/** Each part of an authority as text that is the same for the same meaning. */
const PARTS: Record<Exclude<Difference, 'verdict' | 'claims'>, (authority: Authority) => string> = {
  audiences: ({ audiences }) => setText(audiences),
  scopes: ({ scopes }) => (scopes === undefined ? 'open' : setText(scopes)),
  actors: ({ allowedActors }) => setText(allowedActors.map((list) => setText(list.map(actorText)))),
  expiration: ({ expirationSeconds }) => String(expirationSeconds),
  switches: (authority) =>
    [
      authority.impersonation,
      authority.clientAsActor,
      authority.thirdPartyActor,
      authority.scopeCeiling,
      authority.actAs,
      authority.actAsForm,
      authority.mayAskSubject,
      authority.claimsProvider,
    ]
      .map(String)
      .join(' '),
};

function differingClaims(left: Authority, right: Authority): string[] {
  const one = claimsOf(left);
  const other = claimsOf(right);
  const text = (value: JsonValue | undefined): string | undefined =>
    value === undefined ? undefined : canonicalJson(value);
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.filter((name) => text(one[name]) !== text(other[name])).sort();
}

function claimsOf({ carriedClaims, additionalClaims, claimsFrom, embed }: Authority): JsonObject {
  const carried = claimsFrom.map(({ from, claim, as }): [string, string] => [as, `${from} ${claim}`]);
  return { ...carriedClaims, ...additionalClaims, ...Object.fromEntries(carried), ...embeddedByClaim(embed) };
}

function actorText(actor: NamedIdentity): string {
  return typeof actor === 'string' ? JSON.stringify(actor) : JSON.stringify([actor.iss, actor.sub]);
}

function setText(items: readonly string[]): string {
  return JSON.stringify([...new Set(items)].sort());
}
