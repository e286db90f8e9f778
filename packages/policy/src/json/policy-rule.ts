import * as z from 'zod';
import type { JsonObject } from '@mandate/ports';
import type { NamedIdentity } from '@mandate/oauth';
import { grantedClaims, grantedScopes, namedIdentity } from '../grant-members.js';
import { type ActorCondition, actorCondition, type Condition, condition, exactName } from './condition.js';
import { parsePattern, type ResourcePattern } from './pattern.js';

/** One rule of the policy file, ready to match. */
export interface PolicyRule {
  /** The rule's `id`, or its place in the file (`resources[2]`). */
  name: string;
  patterns: readonly ResourcePattern[];
  audience: string | undefined;
  deny: boolean;
  /** A bare name is a client of our own. */
  clients: readonly NamedClient[] | undefined;
  subjects: readonly Condition[] | undefined;
  scopes: readonly string[];
  expirationSeconds: number | undefined;
  allowedActors: readonly NamedIdentity[] | undefined;
  /** Whoever may act meets one of these; with `allowedActors` as well, is also listed there. */
  actors: readonly ActorCondition[] | undefined;
  additionalClaims: JsonObject;
  impersonation: boolean | undefined;
  clientAsActor: boolean | undefined;
  thirdPartyActor: boolean | undefined;
  scopeCeiling: 'subject' | 'policy' | undefined;
}

/** A client of our own by its id, or one of any issuer by both. */
export type NamedClient = string | { iss: string; clientId: string };

const name = z.string().min(1);
const namedClient = z.union([exactName, z.strictObject({ iss: exactName, clientId: exactName })]);
const namedActor = namedIdentity.refine(
  (who) => !(typeof who === 'string' ? [who] : [who.iss, who.sub]).includes('*'),
  {
    message: '"*" is no wildcard: list who may act, or describe them in `actors`',
  },
);

const pattern = name.transform((text, context): ResourcePattern => {
  const parsed = parsePattern(text);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue({ code: 'custom', message: parsed });
  return z.NEVER;
});

const grantMembers = [
  'scopes',
  'expirationSeconds',
  'allowedActors',
  'actors',
  'additionalClaims',
  'clientAsActor',
] as const;

function emptyOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** A rule as the file has it. */
export const ruleSchema = z
  .strictObject({
    id: name.optional(),
    patterns: z.array(pattern).default([]),
    audience: name.optional(),
    scopes: grantedScopes.default([]),
    expirationSeconds: z.int().positive().nullish(),
    allowedActors: z.array(namedActor).nullish(),
    actors: z.union([actorCondition.transform((one) => [one]), z.array(actorCondition)]).optional(),
    additionalClaims: grantedClaims.nullish(),
    clients: z.array(namedClient).optional(),
    subjects: z.union([condition.transform((one) => [one]), z.array(condition)]).optional(),
    deny: z.boolean().default(false),
    impersonation: z.boolean().optional(),
    clientAsActor: z.boolean().optional(),
    thirdPartyActor: z.boolean().optional(),
    scopeCeiling: z.enum(['policy', 'subject']).optional(),
  })
  .refine((value) => !value.deny || grantMembers.every((member) => emptyOrAbsent(value[member])), {
    path: ['deny'],
    message: 'a rule that denies cannot grant as well',
  })
  .refine((value) => value.deny || value.audience !== undefined, { path: ['audience'], message: 'is required' })
  .refine((value) => value.audience !== undefined || value.patterns.length > 0, {
    path: ['patterns'],
    message: 'a rule without an audience needs a pattern',
  });

/** The rule at a place of the file, ready to match. */
export function toRule(value: z.output<typeof ruleSchema>, index: number): PolicyRule {
  return {
    ...value,
    name: value.id ?? `resources[${index}]`,
    audience: value.audience,
    clients: value.clients,
    subjects: value.subjects,
    expirationSeconds: value.expirationSeconds ?? undefined,
    allowedActors: value.allowedActors ?? undefined,
    actors: value.actors,
    additionalClaims: value.additionalClaims ?? {},
    impersonation: value.impersonation,
    clientAsActor: value.clientAsActor,
    thirdPartyActor: value.thirdPartyActor,
    scopeCeiling: value.scopeCeiling,
  };
}
