import * as z from 'zod';
import { type JsonValue, isJsonObject } from '@mandate/ports';
import {
  delegationMembers,
  grantedClaims,
  grantedScopes,
  knownMembers,
  namedIdentity,
  withoutZeroExpiration,
} from '../grant-members.js';
import type { Grant, PolicyDecision, PolicyRequest } from '../policy-backend.js';
import type { OpaFamily } from './opa-endpoint.js';

const grantMembers = z.strictObject({
  audience: z.string().min(1),
  scopes: grantedScopes.nullish(),
  expirationSeconds: z.int().positive().nullish(),
  allowedActors: z.array(namedIdentity).nullish(),
  additionalClaims: grantedClaims.nullish(),
  ...delegationMembers,
});

const strictGrant = grantMembers.transform(({ audience, ...members }): Grant => {
  const entries = Object.entries(members).filter(([, value]) => value !== null && value !== undefined);
  return { audience, ...Object.fromEntries(entries) };
});

/** What a rule of the policy file narrows itself with. A grant that has one of these meant something by it. */
const NARROWING_MEMBERS = ['deny', 'clients', 'subjects', 'impersonation'];

/** The policies of the 2018 services return the whole rule, `patterns` and all (IMS). */
const imsGrant = z.preprocess((value) => {
  if (!isJsonObject(value)) return value;
  return knownMembers(withoutZeroExpiration(value), [...Object.keys(grantMembers.shape), ...NARROWING_MEMBERS]);
}, strictGrant);

const reason = z.string().optional();
/** Which OPA decided, in the words of its operator: `opa.runtime().config.labels`. */
const labels = z.record(z.string().regex(/^[\w.-]{1,64}$/), z.string()).optional();
const resultOf = <Schema extends z.ZodType<Grant>>(grant: Schema) =>
  z.union([
    z.boolean(),
    z.array(grant),
    z.strictObject({ allow: z.literal(true), grants: z.array(grant).min(1), reason, labels }),
    z.strictObject({ allow: z.literal(true), scopes: grantedScopes.optional(), reason, labels }),
    z.strictObject({ allow: z.literal(false), reason, labels }),
  ]);

/** `strict`: a grant has the members named in docs/policies.md and no others; `ims`: others are passed over. */
export type GrantSyntax = 'strict' | 'ims';

const RESULT = { strict: resultOf(strictGrant), ims: resultOf(imsGrant) };

/** What v1 wraps a result in. A `warning` or `errors` beside it means that the question was not the one we meant. */
const envelope = z.strictObject({
  result: z.unknown().optional(),
  decision_id: z.string().optional(),
  metrics: z.unknown().optional(),
  provenance: z.unknown().optional(),
});

/** The document a decision came to: `undefined` where OPA has none, and OPA's id of it. The problem is fixed text. */
export type OpaDocument =
  { ok: true; document: JsonValue | undefined; id: string | undefined } | { ok: false; problem: string };

/** OPA's decision ids are UUIDs; what is longer or odd is not repeated in a log. */
const DECISION_ID = /^[\w-]{1,64}$/;

/** Takes the document out of a 200 answer of either family. */
export function readOpaDocument(family: OpaFamily, body: JsonValue): OpaDocument {
  if (family === 'v0') return { ok: true, document: body, id: undefined };
  const result = envelope.safeParse(body);
  if (!isJsonObject(body) || !result.success) {
    return { ok: false, problem: 'the answer has members that a decision does not have' };
  }
  const decisionId = result.data.decision_id;
  const id = decisionId !== undefined && DECISION_ID.test(decisionId) ? decisionId : undefined;
  return { ok: true, document: Object.hasOwn(body, 'result') ? body['result'] : undefined, id };
}

/**
 * The decision a document means; `undefined` for any other shape. `rule` names
 * the policy. A grant list that leaves out a requested audience does not apply: no part of a request is permitted.
 */
export function readOpaDecision(
  document: JsonValue,
  request: PolicyRequest,
  { rule, syntax }: { rule: string; syntax: GrantSyntax },
): PolicyDecision | undefined {
  const reading = RESULT[syntax].safeParse(document);
  if (!reading.success) return undefined;
  const answer = reading.data;
  const rules = [rule];
  if (answer === false) return { outcome: 'deny', rules };
  if (answer === true) return permit(grantsAsAsked(request), request, rules);
  if (Array.isArray(answer)) return permit(answer, request, rules);
  return { ...decisionOf(answer, request, rules), ...(answer.labels && { labels: plainLabels(answer.labels) }) };
}

type Answer = Extract<z.infer<(typeof RESULT)['strict']>, { allow: boolean }>;

function decisionOf(answer: Answer, request: PolicyRequest, rules: readonly string[]): PolicyDecision {
  if (!answer.allow) {
    return { outcome: 'deny', rules, ...(answer.reason !== undefined && { reason: plainReason(answer.reason) }) };
  }
  if ('grants' in answer) return permit(answer.grants, request, rules);
  return permit(grantsAsAsked(request, answer.scopes), request, rules);
}

/** What a policy's author wrote, fit for a log: printable ASCII, at most 200 characters (TX-69). */
function plainReason(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
}

function plainLabels(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, plainReason(value)]));
}

function permit(grants: readonly Grant[], request: PolicyRequest, rules: readonly string[]): PolicyDecision {
  const audiences = new Set(grants.map(({ audience }) => audience));
  const uncovered = request.audiences.filter((audience) => !audiences.has(audience));
  if (grants.length > 0 && uncovered.length === 0) return { outcome: 'permit', rules, grants };
  const targets = [...request.resources, ...request.audiences];
  return { outcome: 'not_applicable', uncovered: grants.length > 0 ? uncovered : targets };
}

/** Exactly what was asked, narrowed to `limit`: each target as its own audience; with no target there is nothing. */
function grantsAsAsked({ resources, audiences, scopes }: PolicyRequest, limit?: readonly string[]): Grant[] {
  const grantedScopes = limit === undefined ? scopes : scopes.filter((scope) => limit.includes(scope));
  return [...new Set([...resources, ...audiences])].map((audience) => ({ audience, scopes: grantedScopes }));
}
