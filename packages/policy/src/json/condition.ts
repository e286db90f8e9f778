import * as z from 'zod';
import { type Identity, isNamePattern, matchesName, type NamedIdentity } from '@mandate/oauth';
import { canonicalJson, type JsonObject, type JsonValue } from '@mandate/ports';
import type { PolicyParty, PolicyRequest } from '../policy-backend.js';

const name = z.string().min(1);
const claimValue = z.union([z.string(), z.number(), z.boolean()]);

/** A name that somebody has. `*` would be read as anybody and match nobody, so that a rule that denies would not. */
export const exactName = name.refine((text) => text !== '*', {
  message: '"*" is no wildcard: leave the member out for any',
});

const subjectName = exactName.refine((text) => text === '*' || isNamePattern(text), {
  message: 'has a * elsewhere than at its end',
});

/** What must be so of somebody: every member present must hold. */
export const condition = z.strictObject({
  issuer: exactName.optional(),
  /** Names, or beginnings of names followed by `*`. */
  subs: z.array(subjectName).optional(),
  claims: z.record(z.string(), z.union([claimValue, z.array(claimValue)])).optional(),
});

/** What must be so of an actor; `sameClaim`: claims that the subject and the actor have with the same value. */
export const actorCondition = condition
  .extend({ sameClaim: z.array(name).optional() })
  .refine(
    ({ issuer, subs, claims = {}, sameClaim = [] }) =>
      issuer !== undefined || subs !== undefined || Object.keys(claims).length > 0 || sameClaim.length > 0,
    { message: 'a condition that says nothing would let anybody act' },
  );

export type Condition = z.output<typeof condition>;
export type ActorCondition = z.output<typeof actorCondition>;
type ClaimValue = z.output<typeof claimValue>;

/** The first member of a condition that does not hold; `undefined`: all of it holds. */
export function failedMember({ issuer, subs, claims = {} }: Condition, party: PolicyParty): string | undefined {
  if (issuer !== undefined && issuer !== party.iss) return 'issuer';
  if (subs !== undefined && !subs.some((pattern) => matchesName(pattern, party.sub))) return 'subs';
  const mismatch = Object.entries(claims).find(([claim, values]) => !hasClaim(party.claims[claim], values));
  return mismatch && `claims.${mismatch[0]}`;
}

/**
 * Whom conditions on the actor let act in this request: nobody but its actor, or without one the calling client, which
 * has no claims. By a condition without an issuer as a bare name, which names somebody of the default issuers alone:
 * else the claims of every trusted issuer would count.
 */
export function actorsMeeting(conditions: readonly ActorCondition[], request: PolicyRequest): NamedIdentity[] {
  const { client, subject } = request;
  const actor = request.actor ?? { iss: client.iss, sub: client.id, claims: {} };
  const identity: Identity = { iss: actor.iss, sub: actor.sub };
  return conditions
    .filter((one) => failedMember(one, actor) === undefined)
    .filter(({ sameClaim = [] }) => sameClaim.every((claim) => agree(claim, subject, actor)))
    .map(({ issuer }) => (issuer === undefined ? actor.sub : identity));
}

/** A claim meets a condition when any of its values is any of the wanted ones. */
function hasClaim(actual: JsonValue | undefined, values: ClaimValue | readonly ClaimValue[]): boolean {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  return Array.isArray(actual) ? actual.some((item) => list.includes(item)) : list.includes(actual);
}

/** Two that have no tenant are not of the same one, whichever way their issuers write that. */
function agree(claim: string, one: PolicyParty, other: PolicyParty): boolean {
  const value = textOf(claim, one.claims);
  return value !== undefined && value === textOf(claim, other.claims);
}

const ABSENT = ['null', '""', '[]', '{}'];

function textOf(claim: string, claims: JsonObject): string | undefined {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  const text = value === undefined ? undefined : canonicalJson(value);
  return text === undefined || ABSENT.includes(text) ? undefined : text;
}
