import * as z from 'zod';
import { FileError, type JsonObject, JsonSyntaxError, parseStrictJson } from '@mandate/ports';
import { type NamedIdentity } from '@mandate/oauth';
import { conflictingClaims } from '../combine-grants.js';
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

const rule = z
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

const policyFile = z.strictObject({ resources: z.array(rule) });

/**
 * Parses the text of a policy file; `//` comments are allowed.
 * @throws FileError naming every rule and member that is wrong.
 */
export function parsePolicyFile(text: string): PolicyRule[] {
  const parsed = policyFile.safeParse(readJson(text));
  if (!parsed.success) throw new FileError(parsed.error.issues.map(describeIssue));
  const rules = parsed.data.resources.map((value, index): PolicyRule => ({
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
  }));
  const problems = lintRules(rules);
  if (problems.length > 0) throw new FileError(problems);
  return rules;
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text, { comments: true });
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new FileError([error.message]);
    throw error;
  }
}

function describeIssue({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${place.replace(/^\./, '') || 'the file'}: ${message}`;
}

/** Problems that only show between rules: a repeated name, and claims that must conflict whenever both rules match. */
function lintRules(rules: readonly PolicyRule[]): string[] {
  const problems: string[] = [];
  rules.forEach((one, index) => {
    for (const other of rules.slice(0, index)) {
      if (one.name === other.name) problems.push(`resources[${index}].id: ${one.name} is used twice`);
      if (!alwaysMatchTogether(one, other)) continue;
      const conflicts = conflictingClaims([one, other]);
      if (conflicts.length > 0) {
        problems.push(
          `resources[${index}].additionalClaims: rule ${other.name} gives ${conflicts.join(', ')} another value`,
        );
      }
    }
  });
  return problems;
}

function alwaysMatchTogether(one: PolicyRule, other: PolicyRule): boolean {
  const unconditional = [one, other].every((r) => !r.deny && r.clients === undefined && r.subjects === undefined);
  const samePattern = one.patterns.some(({ text }) => other.patterns.some((candidate) => candidate.text === text));
  return unconditional && (samePattern || one.audience === other.audience);
}
