import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Form, OAuthError, TOKEN_TYPE } from '@mandate/oauth';
import { isJsonObject, type JsonObject, parseStrictJson, UpstreamError } from '@mandate/ports';
import {
  type EndpointRequest,
  type EndpointResponse,
  type Service,
  createLogger,
  createMetrics,
} from '@mandate/service-kit';
import { createMemoryRevocationStore, type RevocationStore, type VerifiedToken } from '@mandate/token';
import { tokenExchangeRoutes } from '../../src/app.js';
import { createTokenExchangeGrant } from '../../src/grants/token-exchange.js';
import { refusalError } from '../../src/rules/reasons.js';
import { caller, type Hop, hop, policy, readingOf, root, rootToken, rulesFor, tokensOf } from './random-exchange.js';

type Outcome = { claims: unknown } | { error: string; status: number };
type StoreState = 'clear' | 'revoked' | 'down';

const log = createLogger({ level: 'silent', service: 'test' });

function storeIn(state: StoreState): RevocationStore {
  const memory = createMemoryRevocationStore({ clock: () => 0 });
  if (state === 'down') return { ...memory, isAnyRevoked: () => Promise.reject(new UpstreamError('redis', 'timeout')) };
  return { ...memory, isAnyRevoked: () => Promise.resolve(state === 'revoked') };
}

/** The routes as composed, with a signer that writes claims as plain JSON. */
function routesFor(
  resources: readonly object[],
  tokens: ReadonlyMap<string, VerifiedToken>,
  revocations: RevocationStore,
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  return tokenExchangeRoutes({
    callers: {
      supported: { methods: [], signingAlgorithms: [] },
      authenticate: () => Promise.resolve(caller),
    },
    metrics: createMetrics({ defaults: false }),
    rules: rulesFor(resources, revocations),
    grants: [
      createTokenExchangeGrant({
        reading: readingOf(tokens),
        syntax: { resourceSyntax: 'uri', actAsPrefixes: ['act_as:'], subjectTokenTypes: [TOKEN_TYPE.accessToken] },
      }),
    ],
    signer: { sign: (claims) => Promise.resolve(JSON.stringify(claims)) },
    decisions: { record: () => Promise.resolve() },
    requiredScopes: { exchange: 'exchange', explain: 'explain' },
  });
}

function formOf({ resources, scopes, narrow, actor }: Hop, oddResource: boolean): Form {
  const fields: [string, string[]][] = [
    ['subject_token', ['subject']],
    ['subject_token_type', [TOKEN_TYPE.accessToken]],
    ...(actor === undefined
      ? []
      : ([
          ['actor_token', ['actor']],
          ['actor_token_type', [TOKEN_TYPE.accessToken]],
        ] as [string, string[]][])),
    ['audience', resources],
    ...(oddResource ? ([['resource', ['not a uri']]] as [string, string[]][]) : []),
    ...(scopes.length > 0 ? ([['scope', [scopes.join(' ')]]] as [string, string[]][]) : []),
    ['narrow', [String(narrow)]],
  ];
  return new Map(fields);
}

const requestOf = (form: Form): EndpointRequest => ({
  form,
  query: () => new Map(),
  cookie: () => undefined,
  authorization: undefined,
  address: '192.0.2.1',
  header: () => undefined,
  context: { transactionId: 't', traceparent: undefined, log },
  signal: AbortSignal.timeout(10_000),
});

const withoutId = (claims: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'jti'));

async function outcomeOf(
  handle: (request: EndpointRequest) => Promise<EndpointResponse>,
  form: Form,
): Promise<Outcome> {
  try {
    const { body } = await handle(requestOf(form));
    const answer = isJsonObject(body) ? body : {};
    if (typeof answer['access_token'] === 'string') {
      const claims = parseStrictJson(answer['access_token']);
      return { claims: isJsonObject(claims) ? withoutId(claims) : claims };
    }
    return explained(answer);
  } catch (error) {
    if (error instanceof UpstreamError) return { error: 'temporarily_unavailable', status: 503 };
    if (error instanceof OAuthError) return { error: error.code, status: error.status };
    throw error;
  }
}

/** What an explanation says the exchange would have answered. */
function explained(answer: JsonObject): Outcome {
  if (answer['verdict'] === 'permit') return { claims: answer['claims'] };
  if (answer['verdict'] === 'error') return { error: 'temporarily_unavailable', status: 503 };
  const { code, status } = refusalError(answer['reason'] as Parameters<typeof refusalError>[0]);
  return { error: code, status };
}

describe('explain (docs/delegation.md section 7)', () => {
  it('agrees with the exchange on random requests, always', async () => {
    const seen = { permit: 0, refusal: 0, failure: 0 };
    const state = fc.oneof(
      { weight: 4, arbitrary: fc.constant<StoreState>('clear') },
      fc.constantFrom<StoreState>('revoked', 'down'),
    );
    const odd = fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0);
    const property = fc.asyncProperty(
      fc.tuple(policy, root, hop, state, odd),
      async ([rules, start, asked, store, oddResource]) => {
        const routes = routesFor(rules, tokensOf(rootToken(start), asked), storeIn(store));
        const form = formOf(asked, oddResource);
        const [exchange] = routes.tokenEndpoints;
        const [explain] = routes.endpoints;
        if (exchange === undefined || explain === undefined) throw new Error('no routes');
        const exchanged = await outcomeOf((request) => exchange.handle(request), form);
        expect(await outcomeOf((request) => explain.handle(request), form)).toEqual(exchanged);
        seen['claims' in exchanged ? 'permit' : exchanged.status === 503 ? 'failure' : 'refusal']++;
      },
    );
    await fc.assert(property, { numRuns: 2000 });
    expect(Math.min(seen.permit, seen.refusal, seen.failure)).toBeGreaterThan(20);
  }, 120_000);
});
