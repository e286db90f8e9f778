import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Caller } from '@mandate/clients';
import { type Form, JWT_BEARER_GRANT, OAuthError, TOKEN_TYPE } from '@mandate/oauth';
import { isJsonObject, type JsonObject, parseStrictJson, UpstreamError } from '@mandate/ports';
import { type EndpointRequest, type EndpointResponse, type Service, createMetrics } from '@mandate/service-kit';
import { createMemoryRevocationStore, type RevocationStore, type VerifiedToken } from '@mandate/token';
import { tokenExchangeRoutes } from '../../src/app.js';
import { createJwtBearerGrant } from '../../src/grants/jwt-bearer.js';
import { createTokenExchangeGrant } from '../../src/grants/token-exchange.js';
import { refusalError } from '../../src/rules/reasons.js';
import {
  actingPolicy,
  assertionReadingOf,
  caller,
  type Hop,
  hop,
  readingOf,
  requestOf,
  root,
  rootToken,
  rulesFor,
  tokensOf,
} from './random-exchange.js';

type Outcome = { claims: unknown } | { error: string; status: number };
type StoreState = 'clear' | 'revoked' | 'down';

function storeIn(state: StoreState): RevocationStore {
  const memory = createMemoryRevocationStore({ clock: () => 0 });
  if (state === 'down') return { ...memory, isAnyRevoked: () => Promise.reject(new UpstreamError('redis', 'timeout')) };
  return { ...memory, isAnyRevoked: () => Promise.resolve(state === 'revoked') };
}

/** The routes as composed, with a signer that writes claims as plain JSON. */
function routesFor(
  resources: readonly object[],
  tokens: ReadonlyMap<string, VerifiedToken>,
  { revocations, asking }: { revocations: RevocationStore; asking: Caller },
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  return tokenExchangeRoutes({
    bindsTokens: false,
    callers: {
      supported: { methods: [], signingAlgorithms: [] },
      authenticate: () => Promise.resolve(asking),
    },
    metrics: createMetrics({ defaults: false }),
    rules: rulesFor(resources, revocations),
    grants: [
      createTokenExchangeGrant({
        reading: readingOf(tokens),
        syntax: { resourceSyntax: 'uri', actAsPrefixes: ['act_as:'], subjectTokenTypes: [TOKEN_TYPE.accessToken] },
      }),
      createJwtBearerGrant({
        reading: assertionReadingOf(tokens),
        resourceSyntax: 'uri',
        actAs: { prefixes: [{ prefix: 'act_as:' }], subjectIssuer: 'https://mandate.example.com' },
      }),
    ],
    signer: { sign: (claims) => Promise.resolve(JSON.stringify(claims)) },
    decisions: { record: () => Promise.resolve() },
    requiredScopes: { exchange: 'exchange', explain: 'explain' },
  });
}

/** Who may explain, and lacks something to exchange or nothing. */
const callers = fc
  .record({
    scopes: fc.constantFrom(['exchange', 'explain'], ['exchange', 'explain'], ['explain']),
    grantTypes: fc.constantFrom(undefined, undefined, undefined, [JWT_BEARER_GRANT]),
    tlsClientCertificateBoundAccessTokens: fc.constantFrom(undefined, undefined, undefined, true),
  })
  .map(({ scopes, ...members }): Caller => {
    const client = { clientId: caller.clientId, secrets: [], scopes, attributes: caller.attributes, ...members };
    return { ...caller, scopes, client };
  });

type Way = 'token_exchange' | 'user_assertion' | 'act_as';

function tokenFields(way: Way, actor: string | undefined): [string, string[]][] {
  if (way !== 'token_exchange') {
    return [
      ['grant_type', [JWT_BEARER_GRANT]],
      ['assertion', [way === 'act_as' ? 'actor' : 'subject']],
    ];
  }
  const actorFields: [string, string[]][] = [
    ['actor_token', ['actor']],
    ['actor_token_type', [TOKEN_TYPE.accessToken]],
  ];
  return [
    ['subject_token', ['subject']],
    ['subject_token_type', [TOKEN_TYPE.accessToken]],
    ...(actor === undefined ? [] : actorFields),
  ];
}

function formOf({ resources, scopes, narrow, actor }: Hop, oddResource: boolean, way: Way): Form {
  const words = way === 'act_as' ? ['act_as:alice', ...scopes] : scopes;
  const fields: [string, string[]][] = [
    ...tokenFields(way, actor),
    ['audience', resources],
    ...(oddResource ? ([['resource', ['not a uri']]] as [string, string[]][]) : []),
    ...(words.length > 0 ? ([['scope', [words.join(' ')]]] as [string, string[]][]) : []),
    ['narrow', [String(narrow)]],
  ];
  return new Map(fields);
}

const withoutId = (claims: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'jti'));

/** The claims of a token as explain tells them: nothing has an identifier yet, and a token inside is told by its claims. */
function comparableClaims(claims: JsonObject): JsonObject {
  const { downstream, ...others } = withoutId(claims);
  const inside = typeof downstream === 'string' ? parseStrictJson(downstream) : undefined;
  if (!isJsonObject(inside)) return withoutId(claims);
  const { anc = [], ...members } = withoutId(inside);
  return { ...others, downstream: { ...members, anc: Array.isArray(anc) ? anc.slice(0, -1) : anc } };
}

async function outcomeOf(
  handle: (request: EndpointRequest) => Promise<EndpointResponse>,
  form: Form,
  way: Way,
): Promise<Outcome> {
  try {
    const { body } = await handle(requestOf(form));
    const answer = isJsonObject(body) ? body : {};
    if (typeof answer['access_token'] === 'string') {
      const claims = parseStrictJson(answer['access_token']);
      return { claims: isJsonObject(claims) ? comparableClaims(claims) : claims };
    }
    return explanationOutcome(answer, way);
  } catch (error) {
    if (error instanceof UpstreamError) return { error: 'temporarily_unavailable', status: 503 };
    if (error instanceof OAuthError) return { error: error.code, status: error.status };
    throw error;
  }
}

/** What an explanation says the exchange would have answered. */
function explanationOutcome(answer: JsonObject, origin: Way): Outcome {
  if (answer['verdict'] === 'permit') return { claims: answer['claims'] };
  if (answer['verdict'] === 'error') return { error: 'temporarily_unavailable', status: 503 };
  const { code, status } = refusalError(answer['reason'] as Parameters<typeof refusalError>[0], { origin });
  return { error: code, status };
}

describe('explain (docs/delegation.md section 7)', () => {
  it('agrees with the exchange on random requests, always', async () => {
    const permits = new Set<Way>();
    const counts = { permit: 0, refusal: 0, failure: 0 };
    const state = fc.oneof(
      { weight: 4, arbitrary: fc.constant<StoreState>('clear') },
      fc.constantFrom<StoreState>('revoked', 'down'),
    );
    const way = fc.constantFrom<Way>('token_exchange', 'user_assertion', 'act_as');
    const odd = fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0);
    const property = fc.asyncProperty(
      fc.tuple(actingPolicy, root, hop, fc.tuple(state, odd, way, callers)),
      async ([rules, start, request, [store, oddResource, requestWay, asking]]) => {
        const routes = routesFor(rules, tokensOf(rootToken(start), request), { revocations: storeIn(store), asking });
        const form = formOf(request, oddResource, requestWay);
        const [ofTokens, ofAssertions] = routes.tokenEndpoints;
        const exchange = requestWay === 'token_exchange' ? ofTokens : ofAssertions;
        const [explain] = routes.endpoints;
        if (exchange === undefined || explain === undefined) throw new Error('no routes');
        const outcome = await outcomeOf((request) => exchange.handle(request), form, requestWay);
        const explained = await outcomeOf((request) => explain.handle(request), form, requestWay);
        // what is no request is told as such to whoever may explain
        if (oddResource) expect([outcome, explained].every((one) => 'error' in one)).toBe(true);
        else expect(explained).toEqual(outcome);
        if ('claims' in outcome) permits.add(requestWay);
        counts['claims' in outcome ? 'permit' : outcome.status === 503 ? 'failure' : 'refusal']++;
      },
    );
    await fc.assert(property, { numRuns: 2000 });
    expect(Math.min(counts.permit, counts.refusal, counts.failure)).toBeGreaterThan(20);
    expect(permits.size).toBe(3);
  }, 120_000);
});
