import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  assertionForm,
  createTestKey,
  redisProgram,
  type RedisProcess,
  signTestAssertion,
  startRedisProcess,
} from '@mandate/testing';
import { type Answer, exchangeForm, postForm } from './post-form.js';
import { realClock, startService } from './start-service.js';
import { createFolder } from './worlds.js';

const ISSUER = 'https://mandate.example.com';
const IMAGES = 'https://images.example.com';
const COPIES = 50;
const ROUNDS = 5;

const clientKey = createTestKey('ES256');
const clients = [
  {
    clientId: 'keyed',
    jwks: { keys: [clientKey.publicJwk] },
    scopes: ['read', 'exchange', 'introspect'],
    clientSecret: 'keyed-secret',
    audiences: ['keyed'],
    mayAssertUsers: { subs: ['alice'] },
  },
];
const policy = { resources: [{ patterns: [`${IMAGES}/*`], audience: IMAGES, scopes: ['read'] }] };

/** Three replicas of authentication and token-exchange, one of token-validation: one server to a client, over one Redis. */
async function startReplicas(redisUrl: string) {
  const folder = createFolder();
  const env = {
    TOKEN_ISSUER: ISSUER,
    REDIS_URL: redisUrl,
    REQUIRE_SHARED_STATE: 'true',
    REDIS_TIMEOUT_MS: '5000',
    ASSERTED_SUBJECT_ISSUER: ISSUER,
    TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [createTestKey('ES256').privateJwk] }),
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', policy),
  };
  const servers = await Promise.all([
    ...Array.from({ length: 3 }, () => startService('authentication', env)),
    ...Array.from({ length: 3 }, () => startService('token-exchange', env)),
    startService('token-validation', env),
  ]);
  const urls = servers.map((one) => one.publicUrl);
  const [exchange = ''] = urls.slice(3);
  return {
    authentication: urls.slice(0, 3),
    exchanges: urls.slice(3, 6),
    exchange,
    validation: urls[6] ?? '',
    async stop() {
      await Promise.all(servers.map((service) => service.stop()));
    },
  };
}

const program = await redisProgram(process.env);

(program === undefined ? describe.skip : describe)('an assertion is used once, over a real Redis', () => {
  let redis: RedisProcess;
  let replicas: Awaited<ReturnType<typeof startReplicas>>;
  let subject: string;

  beforeAll(async () => {
    redis = await startRedisProcess(program ?? '');
    replicas = await startReplicas(`redis://127.0.0.1:${redis.port}`);
    subject = String((await askForToken(replicas.authentication[0] ?? '', assertion())).body['access_token']);
  });
  afterAll(async () => {
    await replicas.stop();
    await redis.stop();
  });

  const assertion = () => signTestAssertion(clientKey, { clientId: 'keyed', audience: ISSUER, now: realClock() });
  const askForToken = (url: string, assertion: string): Promise<Answer> =>
    postForm(`${url}/oauth2/token`, { grant_type: 'client_credentials', scope: 'read', ...assertionForm(assertion) });
  const askToExchange = (assertion: string): Promise<Answer> =>
    postForm(
      `${replicas.exchange}/oauth2/token`,
      exchangeForm({ subject }, { resource: `${IMAGES}/a`, ...assertionForm(assertion) }),
    );
  const askToIntrospect = (assertion: string): Promise<Answer> =>
    postForm(`${replicas.validation}/oauth2/introspect`, { token: subject, ...assertionForm(assertion) });
  const countOf = (answers: readonly Answer[], status: number): number =>
    answers.filter((answer) => answer.status === status).length;

  it('CA-58 C1 of 50 copies spread over three replicas exactly one is accepted, in every round', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const copy = assertion();
      const answers = await Promise.all(
        Array.from({ length: COPIES }, (_, index) => askForToken(replicas.authentication[index % 3] ?? '', copy)),
      );
      expect([countOf(answers, 200), countOf(answers, 401)]).toEqual([1, COPIES - 1]);
      expect(answers.filter(({ body }) => 'access_token' in body)).toHaveLength(1);
    }
  });

  it('C1 of 50 copies of a user assertion spread over three replicas exactly one is accepted, in every round', async () => {
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', resource: `${IMAGES}/a` };
    const terms = { clientId: 'keyed', audience: ISSUER, now: realClock() };
    for (let round = 0; round < ROUNDS; round++) {
      const copy = { assertion: signTestAssertion(clientKey, terms, { claims: { sub: 'alice' } }) };
      const answers = await Promise.all(
        Array.from({ length: COPIES }, (_, index) =>
          postForm(`${replicas.exchanges[index % 3] ?? ''}/oauth2/token`, {
            ...form,
            ...assertionForm(assertion()),
            ...copy,
          }),
        ),
      );
      expect([countOf(answers, 200), countOf(answers, 400)]).toEqual([1, COPIES - 1]);
      expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(COPIES - 1);
    }
  });

  it('C1 of 50 copies spread over the endpoints of three services exactly one is accepted, in every round', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const copy = assertion();
      const asks = [
        ...replicas.authentication.map((url) => (assertion: string) => askForToken(url, assertion)),
        askToExchange,
        askToIntrospect,
      ];
      const answers = await Promise.all(
        Array.from({ length: COPIES }, (_, index) => asks[index % asks.length]?.(copy) ?? Promise.reject(new Error())),
      );
      expect([countOf(answers, 200), countOf(answers, 401)]).toEqual([1, COPIES - 1]);
    }
  });

  it('CA-60 an assertion used at one endpoint is used at every other', async () => {
    const asks = [
      (assertion: string) => askForToken(replicas.authentication[0] ?? '', assertion),
      askToExchange,
      askToIntrospect,
    ];
    for (const first of asks) {
      const copy = assertion();
      expect((await first(copy)).status).toBe(200);
      for (const ask of asks) {
        expect(await ask(copy)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
      }
    }
  });

  it('S1 without Redis an assertion is 503 with Retry-After, and a secret still gets a token', async () => {
    const [url = ''] = replicas.authentication;
    await redis.stop();
    const answer = await askForToken(url, assertion());
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    const form = { grant_type: 'client_credentials', client_id: 'keyed', client_secret: 'keyed-secret' };
    expect((await postForm(`${url}/oauth2/token`, form)).status).toBe(200);
  });
});
