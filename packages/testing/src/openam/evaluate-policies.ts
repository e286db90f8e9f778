import { OPENAM_TEST_SCRIPTS, type OpenamPolicyRecord, type OpenamSubject } from './openam-policies.js';

/** Whom the stand-in judges: a session, or the claims of a JWT. */
export type JudgedSubject = { uid: string } | { claims: Record<string, unknown> };

type JudgedEnvironment = Readonly<Record<string, readonly string[]>>;

const NEVER = '9223372036854775807';

/** One decision, as AM writes it: text, since its `ttl` is no number that JavaScript can hold. */
export function evaluatePolicies(
  policies: readonly OpenamPolicyRecord[],
  resource: string,
  { subject, environment }: { subject: JudgedSubject; environment: JudgedEnvironment },
): string {
  const candidates = policies.filter(
    (policy) => matches(policy, resource) && appliesTo(policy, subject) && isAuthorized(policy, environment),
  );
  const unmet = candidates.filter(({ condition }) => condition?.type === 'AuthLevel');
  const advices = unmet.length > 0 && 'uid' in subject ? { AuthLevelConditionAdvice: ['5'] } : {};
  const applicable = Object.keys(advices).length > 0 ? [] : candidates.filter((policy) => !unmet.includes(policy));
  const actions: Record<string, boolean> = {};
  for (const [action, isAllowed] of applicable.flatMap(({ actionValues }) => Object.entries(actionValues))) {
    actions[action] = isAllowed && actions[action] !== false;
  }
  const members = { resource, actions, attributes: attributesOf(applicable, subject), advices };
  return `${JSON.stringify(members).slice(0, -1)},"ttl":${NEVER}}`;
}

/** AM does not tell cases apart, resolves dot segments and puts in default ports. */
function matches({ resources }: OpenamPolicyRecord, resource: string): boolean {
  const address = normalize(resource);
  return resources.some((pattern) => {
    if (pattern.toLowerCase() === resource.toLowerCase()) return true;
    const text = pattern.toLowerCase().replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${text.replaceAll('*', '[^?]*')}$`).test(address);
  });
}

function normalize(resource: string): string {
  const url = URL.canParse(resource) ? new URL(resource) : undefined;
  if (url === undefined || url.host === '') return resource.toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const path = /^[^:]+:\/\/[^/]+$/.test(resource) ? '' : `${url.pathname}${url.search}`;
  return `${url.protocol}//${url.hostname}:${port}${path}`.toLowerCase();
}

/** A policy that fails drops out without a sign, whether it permits or denies; `User` attributes fail for a JWT. */
function appliesTo(policy: OpenamPolicyRecord, subject: JudgedSubject): boolean {
  try {
    const failsAtUser = 'claims' in subject && policy.resourceAttributes.some(({ type }) => type === 'User');
    return !failsAtUser && holds(policy.subject, subject);
  } catch {
    return false;
  }
}

/** A script that does not authorise, and gives no advice, leaves its policy out. */
function isAuthorized({ condition }: OpenamPolicyRecord, environment: JudgedEnvironment): boolean {
  return condition?.type !== 'Script' || OPENAM_TEST_SCRIPTS[condition.scriptId].authorizes(environment);
}

function holds(condition: OpenamSubject, subject: JudgedSubject): boolean {
  switch (condition.type) {
    case 'AuthenticatedUsers':
      return 'uid' in subject;
    case 'NOT':
      return !holds(condition.subject, subject);
    case 'OR':
      return condition.subjects.some((one) => holds(one, subject));
    case 'JwtClaim':
      return 'claims' in subject && hasClaim(subject.claims[condition.claimName], condition.claimValue);
  }
}

function hasClaim(value: unknown, expectedValue: string): boolean {
  if (value === undefined) return false;
  const values = Array.isArray(value) ? value : [value];
  if (!values.every((item) => typeof item === 'string')) throw new Error('a ClassCastException inside AM');
  return values.includes(expectedValue);
}

function attributesOf(policies: readonly OpenamPolicyRecord[], subject: JudgedSubject): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  const permits = policies.filter(({ actionValues }) => Object.values(actionValues).includes(true));
  for (const { type, propertyName, propertyValues } of permits.flatMap((policy) => policy.resourceAttributes)) {
    const own = 'uid' in subject ? [subject.uid.toLowerCase()] : [];
    const texts = type === 'Static' ? propertyValues : own;
    if (texts.length > 0) values[propertyName] = [...new Set([...(values[propertyName] ?? []), ...texts])].reverse();
  }
  return values;
}
