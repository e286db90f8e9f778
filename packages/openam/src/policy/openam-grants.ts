import { isScopeToken, type NamedIdentity } from '@mandate/oauth';
import { type JsonObject, type JsonValue, jsonObjectIn } from '@mandate/ports';
import { openamError } from '../openam-request.js';
import { type DelegationMembers, type Grant, readDelegationMembers } from '@mandate/policy';
import type { OpenamDecision } from './read-decisions.js';

/** Which attributes of AM's policies mean what. */
export interface OpenamAttributeSettings {
  audience: string;
  scope: string;
  subject: string;
  allowedActors: string;
  /** Seconds that the token lives at most. */
  expiresInSeconds?: string | undefined;
  /** What a grant says beyond these, each value a JSON object of its members. */
  grant?: string | undefined;
  /** The other attributes become claims. */
  copyAdditional: boolean;
}

/** What the decisions of a permit grant, and to whom AM's policies say they do. */
export interface OpenamGrants {
  subject: string;
  grants: Grant[];
}

type Attributes = OpenamDecision['attributes'];

/**
 * The grants of decisions that all permit. Each decision keeps its own scopes: what one resource has is not given at
 * another. Claims unite over all of them.
 * @throws UpstreamError when a mandatory attribute is missing or a value cannot be what it should: the policy is wrong.
 */
export function grantsOf(
  decisions: readonly OpenamDecision[],
  terms: { settings: OpenamAttributeSettings; actorIssuers: readonly string[]; now: number },
): OpenamGrants {
  const { settings } = terms;
  const subjects = new Set(decisions.flatMap(({ attributes }) => mandatory(attributes, settings.subject)));
  const [subject, ...others] = subjects;
  if (subject === undefined || others.length > 0) throw openamError('malformed', 'policies of two subjects');
  const additionalClaims = settings.copyAdditional ? unitedClaims(decisions, settings) : {};
  const grants = decisions.flatMap((decision) => {
    const grant = { ...termsOf(decision, terms), additionalClaims };
    const further = furtherMembers(decision.attributes, settings.grant);
    return mandatory(decision.attributes, settings.audience).flatMap((audience) =>
      further.map((members): Grant => ({ audience, ...grant, ...members })),
    );
  });
  return { subject, grants };
}

function termsOf(
  { attributes, endsAt }: OpenamDecision,
  { settings, actorIssuers, now }: Parameters<typeof grantsOf>[1],
): Pick<Grant, 'scopes' | 'allowedActors' | 'expirationSeconds'> {
  const scopes = [...mandatory(attributes, settings.scope)].sort();
  if (!scopes.every(isScopeToken)) throw openamError('malformed', 'a scope of a policy is no scope token');
  const allowedActors = attributes.get(settings.allowedActors);
  const seconds = lifetimes(attributes, settings.expiresInSeconds);
  if (endsAt !== undefined) seconds.push(Math.floor(endsAt / 1000) - now);
  if (seconds.some((lifetime) => lifetime <= 0)) throw openamError('malformed', 'a permit without time left');
  return {
    scopes,
    ...(allowedActors !== undefined && {
      allowedActors: allowedActors.flatMap((name) => peopleNamed(name, actorIssuers)),
    }),
    ...(seconds.length > 0 && { expirationSeconds: Math.min(...seconds) }),
  };
}

/** A bare name means a person at this AM, and whoever else a bare name means here. */
function peopleNamed(sub: string, issuers: readonly string[]): NamedIdentity[] {
  return [sub, ...issuers.map((iss) => ({ iss, sub }))];
}

function lifetimes(attributes: Attributes, name: string | undefined): number[] {
  const values = (name === undefined ? undefined : attributes.get(name)) ?? [];
  if (!values.every((value) => /^\d{1,9}$/.test(value))) {
    throw openamError('malformed', 'a lifetime of a policy is no number of seconds');
  }
  return values.map(Number);
}

function mandatory(attributes: Attributes, name: string): readonly string[] {
  const values = attributes.get(name) ?? [];
  if (values.length === 0 || values.includes('')) {
    throw openamError('malformed', 'a permit without a mandatory attribute');
  }
  return values;
}

/** Each value grants anew, so that of two policies that permit the stricter one counts. */
function furtherMembers(attributes: Attributes, name: string | undefined): DelegationMembers[] {
  const values = (name === undefined ? undefined : attributes.get(name)) ?? [];
  if (values.length === 0) return [{}];
  return values.map((text) => {
    const members = readDelegationMembers(jsonObjectIn(text));
    if (members === undefined) throw openamError('malformed', 'an attribute of grant members has others');
    return members;
  });
}

/** The attributes without a meaning of their own; in order of text, since AM has none. */
function unitedClaims(decisions: readonly OpenamDecision[], settings: OpenamAttributeSettings): JsonObject {
  const { audience, scope, subject, allowedActors, expiresInSeconds, grant } = settings;
  const settingNames = new Set([audience, scope, subject, allowedActors, expiresInSeconds, grant]);
  const values = new Map<string, Set<string>>();
  for (const [name, texts] of decisions.flatMap(({ attributes }) => [...attributes])) {
    if (!settingNames.has(name)) values.set(name, new Set([...(values.get(name) ?? []), ...texts]));
  }
  return Object.fromEntries([...values].map(([name, texts]) => [name, claimOf(name, [...texts].sort())]));
}

/** `may_act` is a claim of known shape (RFC 8693 section 4.4): the attribute's values are names. */
function claimOf(name: string, values: readonly string[]): JsonValue {
  const [only, ...others] = values;
  const value = only !== undefined && others.length === 0 ? only : [...values];
  return name === 'may_act' ? { sub: value } : value;
}
