import * as z from 'zod';
import type { JsonObject } from '@mandate/ports';
import type { NamedIdentity } from '@mandate/oauth';
import { grantedClaims, grantedScopes, namedIdentity } from '../grant-members.js';
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
  subjects: readonly SubjectCondition[] | undefined;
  scopes: readonly string[];
  expirationSeconds: number | undefined;
  allowedActors: readonly NamedIdentity[] | undefined;
  additionalClaims: JsonObject;
  impersonation: boolean | undefined;
  clientAsActor: boolean | undefined;
  thirdPartyActor: boolean | undefined;
  scopeCeiling: 'subject' | 'policy' | undefined;
}

/** A client of our own by its id, or one of any issuer by both. */
export type NamedClient = string | { iss: string; clientId: string };

/** Every member present must hold. */
export interface SubjectCondition {
  issuer?: string | undefined;
  subs?: readonly string[] | undefined;
  claims?: Record<string, ClaimValue | readonly ClaimValue[]> | undefined;
}

export type ClaimValue = string | number | boolean;

const name = z.string().min(1);
const namedClient = z.union([name, z.strictObject({ iss: name, clientId: name })]);
const claimValue = z.union([z.string(), z.number(), z.boolean()]);
const subjectCondition = z.strictObject({
  issuer: name.optional(),
  subs: z.array(name).optional(),
  claims: z.record(z.string(), z.union([claimValue, z.array(claimValue)])).optional(),
});

const pattern = name.transform((text, context): ResourcePattern => {
  const parsed = parsePattern(text);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue({ code: 'custom', message: parsed });
  return z.NEVER;
});

const grantMembers = ['scopes', 'expirationSeconds', 'allowedActors', 'additionalClaims', 'clientAsActor'] as const;

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
    allowedActors: z.array(namedIdentity).nullish(),
    additionalClaims: grantedClaims.nullish(),
    clients: z.array(namedClient).optional(),
    subjects: z.union([subjectCondition.transform((one) => [one]), z.array(subjectCondition)]).optional(),
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
    additionalClaims: value.additionalClaims ?? {},
    impersonation: value.impersonation,
    clientAsActor: value.clientAsActor,
    thirdPartyActor: value.thirdPartyActor,
    scopeCeiling: value.scopeCeiling,
  };
}
