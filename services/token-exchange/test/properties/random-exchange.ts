import fc from 'fast-check';
import { finish, type JsonObject } from '@mandate/ports';
import { actorsOf, type Form, parseActChain, scopesOfClaims, TOKEN_TYPE } from '@mandate/oauth';
import type { Caller } from '@mandate/clients';
import { createMemoryDelegationStore } from '@mandate/delegations';
import { createJsonPolicy, createPolicyChain, loadPolicy } from '@mandate/policy';
import { createLogger, type EndpointRequest, localRequest } from '@mandate/service-kit';
import { policyContext } from '@mandate/testing';
import { createMemoryRevocationStore, type TokenVerifier, type VerifiedToken } from '@mandate/token';
import { decideExchange, type DelegationRules, type ExchangeVerdict } from '../../src/exchange/decide-exchange.js';
import type { RuleSettings } from '../../src/rules/rule-settings.js';
import type { Inquiry } from '../../src/exchange/inquiry.js';
import type { Terms } from '../../src/exchange/question.js';
import type { ExchangeRequest } from '../../src/exchange/exchange-request.js';
import type { AssertionReading } from '../../src/exchange/read-assertion.js';
import { readExchange, type TokenReading } from '../../src/exchange/read-exchange.js';

const NOW = 1_800_000_000;
const OWN = 'https://mandate.example.com';

export const settings: RuleSettings = {
  issuer: OWN,
  defaultActorIssuers: [OWN],
  actClaims: 'iss+sub',
  actorTokenBinding: 'ims',
  impersonationDefault: 'allow',
  actAsForm: 'act',
  actMaxDepth: 8,
  actAllowLoops: false,
  scopeCeiling: undefined,
  severalTargets: 'refuse',
  subjectAudienceCheck: false,
  delegationRecords: 'agreed',
  maxLifetimeSeconds: 3600,
};

const names = ['a', 'b', 'c'];
const scopes = ['read', 'write', 'list', 'admin'];
const actors = Array.from({ length: 9 }, (_, index) => `actor${index}`);

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const mostly = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 5 });

const tenant = maybe(fc.constantFrom('blue', 'green'));

/** Who may act, described: by one or two members. */
const condition = fc
  .tuple(
    fc.record({
      issuer: fc.constantFrom(OWN, OWN, 'https://elsewhere.example.com'),
      subs: fc.subarray([...actors, 'gateway'], { minLength: 6 }),
      claims: fc.constantFrom({ tenant: 'blue' }, { tenant: ['blue', 'green'] }),
      sameClaim: fc.constant(['tenant']),
    }),
    fc.subarray(['issuer', 'subs', 'claims', 'sameClaim'], { minLength: 1, maxLength: 2 }),
  )
  .map(([members, names]) => Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name))));
/** Conditions on the actor as a rule has them. */
export const actorConditions = fc.oneof(condition, fc.array(condition, { maxLength: 3 }));

/** A rule of the policy file: no rule lifts the scope ceiling, since lifting it is what `policy` is for. */
const rule = fc
  .record({
    patterns: fc.subarray(names, { minLength: 2 }),
    audience: fc.constantFrom(...names),
    scopes: fc.subarray(scopes, { minLength: 2 }),
    expirationSeconds: maybe(fc.integer({ min: 1, max: 5000 })),
    allowedActors: mostly(fc.subarray([...actors, 'gateway'], { minLength: 6 })),
    actors: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, actorConditions),
    clientAsActor: maybe(fc.boolean()),
    impersonation: maybe(fc.boolean()),
    deny: fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0),
  })
  .map(({ deny, ...members }) => (deny ? { patterns: members.patterns, deny } : members));

export const policy = fc.array(rule, { minLength: 1, maxLength: 5 });

/** One hop: what is asked, and by whom. */
export const hop = fc.record({
  resources: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...names).map((name) => [name]) },
    fc.subarray(names, { minLength: 2 }),
  ),
  scopes: fc.subarray(scopes, { maxLength: 2 }),
  narrow: fc.boolean(),
  actor: maybe(fc.constantFrom(...actors)),
  actorLifetime: fc.integer({ min: 1, max: 5000 }),
  actorTenant: tenant,
});

/** The token a chain begins with. */
export const root = fc.record({
  scopes: fc.subarray(scopes, { minLength: 2 }),
  audience: fc.subarray(names, { minLength: 1 }),
  lifetime: fc.integer({ min: 1, max: 5000 }),
  mayAct: maybe(fc.constantFrom(...actors)),
  tenant,
});

export type Hop = typeof hop extends fc.Arbitrary<infer T> ? T : never;
export type Root = typeof root extends fc.Arbitrary<infer T> ? T : never;

let serial = 0;

/** A token as if verified. */
export function verifiedToken(claims: JsonObject): VerifiedToken {
  const audience = claims['aud'];
  return {
    claims,
    header: { alg: 'ES256', typ: 'at+jwt' },
    kind: 'access_token',
    issuer: OWN,
    subject: typeof claims['sub'] === 'string' ? claims['sub'] : undefined,
    clientId: 'gateway',
    scopes: scopesOfClaims(claims) ?? undefined,
    audience: [audience ?? []].flat().map(String),
    expiresAt: Number(claims['exp']),
    issuedAt: NOW,
    id: `id${++serial}`,
    trust: { own: true, mayAssertMayAct: true, mayAssertAct: true, mayAssertUsers: true, allowIdTokens: false },
  };
}

export function rootToken({ audience, lifetime, mayAct, ...root }: Root): VerifiedToken {
  return verifiedToken({
    sub: 'alice',
    aud: audience,
    scope: root.scopes.join(' '),
    exp: NOW + lifetime,
    ...(mayAct !== undefined && { may_act: { sub: mayAct } }),
    ...(root.tenant !== undefined && { tenant: root.tenant }),
  });
}

/** The real rules and the real policy. */
export function rulesFor(
  resources: readonly object[],
  revocations = createMemoryRevocationStore({ clock: () => NOW }),
): DelegationRules {
  const rules = finish(loadPolicy(JSON.stringify({ resources })));
  const policies = createPolicyChain([createJsonPolicy({ current: () => rules })]);
  const delegations = createMemoryDelegationStore({ clock: () => NOW });
  return { settings, ports: { policies, revocations, delegations, clock: () => NOW } };
}

/** The rules, some of which let whom they list act as anybody by name. */
export const actingPolicy = fc
  .tuple(policy, fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 5, maxLength: 5 }))
  .map(([rules, dice]) =>
    rules.map((one, index) =>
      'deny' in one || dice[index] === 0 ? one : { ...one, actAs: true, ...embedOf(one.scopes) },
    ),
  );

/** A token for somebody downstream, of some of the scopes. */
function embedOf(ruleScopes: readonly string[]): object {
  const expirationSeconds = ruleScopes.length * 100;
  return {
    embed: [{ claim: 'downstream', audience: 'downstream', scopes: ruleScopes.slice(0, 1), expirationSeconds }],
  };
}

/** Assertions are believed of every issuer; no client makes any. */
export function assertionReadingOf(tokens: ReadonlyMap<string, VerifiedToken>): AssertionReading {
  const nobodyElse = { subjectIssuer: undefined, clientAssertions: undefined };
  return { ...readingOf(tokens), issuers: { keysFor: () => undefined }, audience: [OWN], ...nobodyElse };
}

/** Only the signatures are taken as read, a token's text being its name. */
export function readingOf(tokens: ReadonlyMap<string, VerifiedToken>): TokenReading {
  const verifier: TokenVerifier = {
    verify: (name) => {
      const token = tokens.get(name);
      return Promise.resolve(token === undefined ? { ok: false, reason: 'malformed' } : { ok: true, token });
    },
  };
  return { verifier, subjectReaders: [], tokenTypeCheck: 'strict' };
}

export const caller: Caller = {
  clientId: 'gateway',
  scopes: [],
  attributes: {},
  client: undefined,
  bearer: undefined,
  method: 'client_secret_basic',
  issuer: settings.issuer,
  own: true,
};

const log = createLogger({ level: 'silent', service: 'test' });

/** A request with this form, within the process. */
export const requestOf = (form: Form): EndpointRequest =>
  localRequest({
    form,
    authorization: undefined,
    address: () => '192.0.2.1',
    context: { transactionId: 't', traceparent: undefined, log },
    signal: () => AbortSignal.timeout(10_000),
  });

/** The tokens of one hop by name: `subject`, and `actor` where somebody acts. */
export function tokensOf(
  subject: VerifiedToken,
  { actor, actorTenant, actorLifetime }: Hop,
): Map<string, VerifiedToken> {
  const tokens = new Map([['subject', subject]]);
  if (actor !== undefined) {
    const tenantClaim = actorTenant === undefined ? {} : { tenant: actorTenant };
    tokens.set('actor', verifiedToken({ sub: actor, exp: NOW + actorLifetime, ...tenantClaim }));
  }
  return tokens;
}

/** What a hop asks for, whatever proves who is there. */
export function termsOf({ resources, scopes, narrow }: Pick<Hop, 'resources' | 'scopes' | 'narrow'>): Terms {
  return {
    resources,
    audiences: [],
    targetsFrom: 'request',
    scopes,
    narrow,
    requestedTokenType: TOKEN_TYPE.accessToken,
  };
}

/** The exchange of one hop, asked for with a purpose or none. */
export function inquiryOf(subject: VerifiedToken, hop: Hop, purpose?: string): Inquiry {
  const declaredType = TOKEN_TYPE.accessToken;
  const request: ExchangeRequest = {
    subject: { token: 'subject', declaredType },
    actor: hop.actor === undefined ? undefined : { token: 'actor', declaredType },
    terms: { ...termsOf(hop), purpose },
  };
  return readExchange(request, { caller, context: policyContext() }, readingOf(tokensOf(subject, hop)));
}

/** Decides one hop. */
export async function decideHop(
  resources: readonly object[],
  subject: VerifiedToken,
  hop: Hop,
): Promise<ExchangeVerdict> {
  return decideExchange(inquiryOf(subject, hop), rulesFor(resources));
}

export function chainOf(token: VerifiedToken): string[] {
  return actorsOf(parseActChain(token.claims['act']) ?? undefined).map(({ sub }) => sub);
}
