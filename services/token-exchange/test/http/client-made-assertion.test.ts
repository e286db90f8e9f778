import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { createHttpClient } from '@mandate/service-kit';
import { createTestKey, signTestToken, startIssuer, TEST_START, type TestKey } from '@mandate/testing';
import { assertionsOf, BATCH_AT, rules } from './assertion-world.js';
import {
  basic,
  type Claims,
  type ExchangeWorld,
  issuedClaims,
  OWN,
  startExchangeWorld,
  USERS,
} from './exchange-world.js';

let world: ExchangeWorld;
beforeAll(async () => {
  world = await startExchangeWorld(rules);
});
afterAll(() => world.close());

const { plain, refuses } = assertionsOf(() => world);

describe('an assertion that a client makes', () => {
  const asBatch = (claims: Claims = {}, header = {}) =>
    world.assert({ assertion: world.clientAssertion(claims, header) }, BATCH_AT);

  it.each(['alice', 'test', 'test-17'])('gives a token for %s, whom its record names', async (sub) => {
    const answer = await asBatch({ sub });
    expect(issuedClaims(answer)).toMatchObject({ sub, sub_id: { iss: USERS, sub }, client_id: 'batch' });
  });

  it('may be for anybody where the record says so', async () => {
    const assertion = world.clientAssertion({ iss: 'importer', sub: 'whoever' });
    const answer = await world.assert({ assertion }, { authorization: basic('importer', 'importer-secret') });
    expect(answer.status).toBe(200);
  });

  it('says who is there and no more: what it claims of them meets no condition of a policy', async () => {
    const assertion = world.clientAssertion({ tenant: 'blue' });
    const asked = { assertion, resource: 'urn:blue' };
    await refuses(asked, 'no_policy_applies', { ...BATCH_AT, error: 'invalid_target' });
    expect((await world.assert({ ...asked, assertion: plain({ tenant: 'blue' }) })).status).toBe(200);
  });

  it.each([
    [
      'assertion_subject_not_allowed: a person that its record does not name',
      { sub: 'bob' },
      'assertion_subject_not_allowed',
    ],
    ['a name that ends as one it may', { sub: 'atest' }, 'assertion_subject_not_allowed'],
    ['the pattern itself in other case', { sub: 'TEST1' }, 'assertion_subject_not_allowed'],
    ["somebody else's iss", { iss: 'importer' }, 'assertion_invalid'],
    ['another audience', { aud: 'https://other.example.com' }, 'assertion_wrong_audience'],
    ['no jti', { jti: undefined }, 'assertion_invalid'],
    ['a life of an hour', { exp: TEST_START + 3600 }, 'assertion_invalid'],
    ['a long life that is nearly over', { iat: TEST_START - 3600 }, 'assertion_invalid'],
    ['a chain, which no client is believed in', { act: { sub: 'agent' } }, 'act_not_trusted'],
  ])('is refused with %s', async (_name, claims, reason) => {
    await refuses({ assertion: world.clientAssertion(claims) }, reason, BATCH_AT);
  });

  it('is refused with a may_act that does not name the client', async () => {
    const fields = { assertion: world.clientAssertion({ may_act: { sub: 'bob' } }) };
    await refuses(fields, 'may_act_mismatch', { ...BATCH_AT, error: 'invalid_request' });
  });

  it('is refused from a client whose record names nobody, and signed by any other key', async () => {
    const signer = { authorization: basic('signer', 'signer-secret') };
    await refuses({ assertion: world.clientAssertion({ iss: 'signer' }) }, 'assertion_not_trusted', signer);
    const claims = { iss: 'batch', sub: 'alice', aud: OWN, jti: 'j', exp: TEST_START + 60 };
    await refuses(
      { assertion: signTestToken(createTestKey('ES256'), claims, { typ: 'JWT' }) },
      'assertion_invalid',
      BATCH_AT,
    );
  });

  it('is refused as a client assertion, and a client assertion as one of these', async () => {
    const typ = 'client-authentication+jwt';
    await refuses({ assertion: world.clientAssertion({}, { typ }) }, 'assertion_invalid', BATCH_AT);
  });

  it('is not there unless ASSERTED_SUBJECT_ISSUER says whose the people are, which is said at start', async () => {
    const other = await startExchangeWorld(rules, { ASSERTED_SUBJECT_ISSUER: '' });
    const answer = await other.assert({ assertion: other.clientAssertion() }, BATCH_AT);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const said = other.logLines.map((line): Claims => JSON.parse(line) as Claims);
    expect(said).toContainEqual(
      expect.objectContaining({ level: 'warn', variable: 'ASSERTED_SUBJECT_ISSUER', count: 2 }),
    );
    expect(world.logLines.join('')).not.toContain('ASSERTED_SUBJECT_ISSUER');
    await other.close();
  });

  it('assertion_replayed: is refused when it comes again, and another one is not', async () => {
    const assertion = world.clientAssertion();
    expect((await world.assert({ assertion }, BATCH_AT)).status).toBe(200);
    const again = await world.assert({ assertion }, BATCH_AT);
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await asBatch()).status).toBe(200);
  });

  it('assertion_replayed: is accepted once, however many ask at once, and here no more than as a client assertion', async () => {
    const assertion = world.clientAssertion();
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.assert({ assertion }, BATCH_AT)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(7);
    const jti = 'one-jti';
    expect((await asBatch({ jti })).status).toBe(200);
    const clientAssertion = { client_assertion: world.clientAssertion({ jti, sub: 'batch' }), assertion: plain() };
    const type = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
    expect((await world.assert({ ...clientAssertion, ...type }, { authorization: '' })).status).toBe(401);
  });

  it('is verified with the keys at the jwksUri of its client', async () => {
    const key = createTestKey('ES256');
    const published = await startIssuer(key.publicJwk);
    const client = { clientId: 'remote', clientSecret: 'remote-secret', scopes: ['exchange'], mayAssertUsers: true };
    const other = await startExchangeWorld(
      rules,
      {},
      {
        clients: [{ ...client, jwksUri: published.jwksUri }],
        http: createHttpClient({ privateHosts: ['127.0.0.1'], timeoutMs: 20_000 }),
      },
    );
    const by = { authorization: basic('remote', 'remote-secret') };
    const signedBy = (signing: TestKey, jti: string) =>
      signTestToken(signing, { iss: 'remote', sub: 'alice', aud: OWN, jti, exp: TEST_START + 60 }, { typ: 'JWT' });
    expect((await other.assert({ assertion: signedBy(key, 'a') }, by)).status).toBe(200);
    const forged = await other.assert({ assertion: signedBy(createTestKey('ES256'), 'b') }, by);
    expect(forged).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    await other.close();
    await published.close();
  });

  it('is left unused by a refusal of the policy', async () => {
    const assertion = world.clientAssertion();
    expect((await world.assert({ assertion, resource: 'urn:unknown' }, BATCH_AT)).status).toBe(400);
    expect((await world.assert({ assertion }, BATCH_AT)).status).toBe(200);
  });

  it('gets 503 and nothing else while the store of what was used cannot tell', async () => {
    const replays = { markUsed: () => Promise.reject(new UpstreamError('redis', 'timeout')) };
    const other = await startExchangeWorld(rules, {}, { replays });
    const answer = await other.assert({ assertion: other.clientAssertion() }, BATCH_AT);
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    await other.close();
  });
});
