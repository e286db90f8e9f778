import * as z from 'zod';
import type { JsonObject } from '@mandate/ports';
import { excessScopes, type NamedIdentity } from '@mandate/oauth';
import {
  DELEGATION_MEMBERS,
  delegationMembers,
  grantedClaims,
  grantedScopes,
  namedIdentity,
} from '../grant-members.js';
import { actorCondition, condition, exactName } from './condition.js';
import { parsePattern, type ResourcePattern } from './pattern.js';

const name = z.string().min(1);
const namedClient = z.union([exactName, z.strictObject({ iss: exactName, clientId: exactName })]);
const namedActor = namedIdentity.refine(
  (actor) => !(typeof actor === 'string' ? [actor] : [actor.iss, actor.sub]).includes('*'),
  {
    message: '"*" is no wildcard: list who may act, or describe them in `actors`',
  },
);

const pattern = name.transform((text, context): ResourcePattern => {
  const pattern = parsePattern(text);
  if (typeof pattern !== 'string') return pattern;
  context.addIssue({ code: 'custom', message: pattern });
  return z.NEVER;
});

/** What a rule that denies must not say. */
const GRANT_MEMBERS = [
  'scopes',
  'expirationSeconds',
  'allowedActors',
  'actors',
  'additionalClaims',
  'clientAsActor',
  ...DELEGATION_MEMBERS,
] as const;

function emptyOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** A rule as the file has it. */
export const ruleSchema = z
  .strictObject({
    id: name
      .optional()
      .describe('name of the rule in log, explanation and errors; unique; absent: its place, `resources[0]`'),
    patterns: z.array(pattern).default([]).describe('which requested `resource` it covers; absent: none'),
    audience: name
      .optional()
      .describe(
        '`aud` of the issued token, and the requested `audience` it covers; required unless the rule denies: one without patterns then denies every token for it, whatever was requested',
      ),
    scopes: grantedScopes.default([]).describe('what it grants; absent: nothing'),
    expirationSeconds: z
      .int()
      .positive()
      .nullish()
      .describe("longest lifetime; absent or `null`: the service's own limit"),
    allowedActors: z
      .array(namedActor)
      .nullish()
      .describe(
        'who may act: names or `{"iss","sub"}`, no wildcard; `[]` is nobody; absent or `null`: the policy does not say',
      ),
    actors: z
      .union([actorCondition.transform((one) => [one]), z.array(actorCondition)])
      .optional()
      .describe(
        'who may act: a [condition](#conditions-on-the-actor), or several of which one must hold; with `allowedActors`, both; absent: the policy does not say',
      ),
    additionalClaims: grantedClaims
      .nullish()
      .describe('claims of the issued token; no registered claim, `may_act` excepted; absent: none'),
    clients: z
      .array(namedClient)
      .optional()
      .describe(
        'only for exchanges that these clients ask for: our own by their id, those of another issuer as `{"iss","clientId"}`; absent: any client',
      ),
    subjects: z
      .union([condition.transform((one) => [one]), z.array(condition)])
      .optional()
      .describe('only for these subjects: a condition, or several of which one must hold; absent: any subject'),
    deny: z.boolean().default(false).describe('`true`: refuse; the rule then grants nothing'),
    impersonation: z
      .boolean()
      .optional()
      .describe('`false`: an actor token is needed; `true`: it is not; absent: as `IMPERSONATION_DEFAULT` says'),
    clientAsActor: z
      .boolean()
      .optional()
      .describe('`true`: without an actor token the calling client becomes the actor in `act`'),
    thirdPartyActor: z.boolean().optional().describe('`true`: the actor token may be issued to another client'),
    scopeCeiling: z
      .enum(['policy', 'subject'])
      .optional()
      .describe(
        "`subject`: no scope beyond the subject token's; `policy`: what this rule grants; absent: as the service is set",
      ),
    ...delegationMembers,
  })
  .refine((value) => !value.deny || GRANT_MEMBERS.every((member) => emptyOrAbsent(value[member])), {
    path: ['deny'],
    message: 'a rule that denies cannot grant as well',
  })
  .refine(({ audience, embed = [] }) => embed.every((one) => one.audience !== audience), {
    path: ['embed'],
    message: 'is for the audience of the rule itself',
  })
  .refine(({ scopes, embed = [] }) => embed.every((one) => excessScopes(one.scopes, scopes).length === 0), {
    path: ['embed'],
    message: 'has a scope that the rule does not grant',
  })
  .refine((value) => value.deny || value.audience !== undefined, { path: ['audience'], message: 'is required' })
  .refine((value) => value.audience !== undefined || value.patterns.length > 0, {
    path: ['patterns'],
    message: 'a rule without an audience needs a pattern',
  });

export const RULE_MEMBERS = Object.keys(ruleSchema.shape);

type RuleInFile = z.output<typeof ruleSchema>;

/** A client of our own by its id, or one of any issuer by both. */
export type NamedClient = z.output<typeof namedClient>;

/** One rule of the policy file, ready to match. */
export interface PolicyRule extends Omit<RuleInFile, 'expirationSeconds' | 'allowedActors' | 'additionalClaims'> {
  /** The rule's `id`, or its place in the file (`resources[2]`). */
  name: string;
  expirationSeconds: number | undefined;
  allowedActors: readonly NamedIdentity[] | undefined;
  additionalClaims: JsonObject;
}

/** The rule at a place of the file, ready to match. */
export function toRule(value: RuleInFile, index: number): PolicyRule {
  return {
    ...value,
    name: value.id ?? `resources[${index}]`,
    expirationSeconds: value.expirationSeconds ?? undefined,
    allowedActors: value.allowedActors ?? undefined,
    additionalClaims: value.additionalClaims ?? {},
  };
}
