import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { createHttpClient } from '@mandate/service-kit';
import { createTestKey, signTestToken, startIssuer, TEST_START, type TestKey } from '@mandate/testing';
import { closeAfterTests } from '../after-tests.js';
import { assertionsOf, rules } from './assertion-world.js';
import {
  BATCH,
  type Claims,
  credentialsOf,
  issuedClaims,
  OWN,
  startExchangeWorld,
  UNAVAILABLE,
  USERS,
} from './exchange-world.js';

const world = await startExchangeWorld(rules);

const { plain, refuses } = assertionsOf(world);

const assertionBy = (key: TestKey, claims: Claims) =>
  signTestToken(key, { sub: 'alice', aud: OWN, exp: TEST_START + 60, ...claims }, { typ: 'JWT' });

describe('an assertion that a client makes', () => {
  const asBatch = (claims: Claims = {}, header = {}) =>
    world.assert({ assertion: world.clientAssertion(claims, header) }, BATCH);

  it.each(['alice', 'test', 'test-17'])('gives a token for %s, whom its record names', async (sub) => {
    const answer = await asBatch({ sub });
    expect(issuedClaims(answer)).toMatchObject({ sub, sub_id: { iss: USERS, sub }, client_id: 'batch' });
  });

  it('may be for anybody where the record says so', async () => {
    const assertion = world.clientAssertion({ iss: 'importer', sub: 'whoever' });
    const answer = await world.assert({ assertion }, credentialsOf('importer'));
    expect(answer.status).toBe(200);
  });

  it('says who is there and no more: what it claims of them meets no condition of a policy', async () => {
    const assertion = world.clientAssertion({ tenant: 'blue' });
    const resource = 'urn:blue';
    await refuses({ assertion, resource }, 'no_policy_applies', { ...BATCH, error: 'invalid_target' });
    expect((await world.assert({ assertion: plain({ tenant: 'blue' }), resource })).status).toBe(200);
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
    await refuses({ assertion: world.clientAssertion(claims) }, reason, BATCH);
  });

  it('is refused with a may_act that does not name the client', async () => {
    const fields = { assertion: world.clientAssertion({ may_act: { sub: 'bob' } }) };
    await refuses(fields, 'may_act_mismatch', { ...BATCH, error: 'invalid_request' });
  });

  it('is refused from a client whose record names nobody, and signed by any other key', async () => {
    const assertion = world.clientAssertion({ iss: 'signer' });
    await refuses({ assertion }, 'assertion_not_trusted', credentialsOf('signer'));
    const forgery = assertionBy(createTestKey('ES256'), { iss: 'batch', jti: 'j' });
    await refuses({ assertion: forgery }, 'assertion_invalid', BATCH);
  });

  it('is refused as a client assertion, and a client assertion as one of these', async () => {
    const typ = 'client-authentication+jwt';
    await refuses({ assertion: world.clientAssertion({}, { typ }) }, 'assertion_invalid', BATCH);
  });

  it('is not there unless ASSERTED_SUBJECT_ISSUER says whose the people are, which is said at start', async () => {
    const other = await startExchangeWorld(rules, { ASSERTED_SUBJECT_ISSUER: '' });
    const answer = await other.assert({ assertion: other.clientAssertion() }, BATCH);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const warning = other.logRecords().find(({ variable }) => variable === 'ASSERTED_SUBJECT_ISSUER');
    expect(warning).toMatchObject({ level: 'warn', count: 2 });
    expect(world.logLines.join('')).not.toContain('ASSERTED_SUBJECT_ISSUER');
  });

  it('assertion_replayed: is refused when it comes again, and another one is not', async () => {
    const assertion = world.clientAssertion();
    expect((await world.assert({ assertion }, BATCH)).status).toBe(200);
    const again = await world.assert({ assertion }, BATCH);
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await asBatch()).status).toBe(200);
  });

  it('assertion_replayed: is accepted once, however many ask at once, and here no more than as a client assertion', async () => {
    const assertion = world.clientAssertion();
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.assert({ assertion }, BATCH)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(7);
    const jti = 'one-jti';
    expect((await asBatch({ jti })).status).toBe(200);
    const fields = {
      client_assertion: world.clientAssertion({ jti, sub: 'batch' }),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      assertion: plain(),
    };
    expect((await world.assert(fields, { authorization: '' })).status).toBe(401);
  });

  it('is verified with the keys at the jwksUri of its client', async () => {
    const key = createTestKey('ES256');
    const issuer = closeAfterTests(await startIssuer(key.publicJwk));
    const client = {
      clientId: 'remote',
      clientSecret: 'remote-secret',
      scopes: ['exchange'],
      mayAssertUsers: true,
      jwksUri: issuer.jwksUri,
    };
    const http = createHttpClient({ privateHosts: ['127.0.0.1'], timeoutMs: 20_000 });
    const other = await startExchangeWorld(rules, {}, { clients: [client], http });
    const assertBy = (signingKey: TestKey, jti: string) =>
      other.assert({ assertion: assertionBy(signingKey, { iss: 'remote', jti }) }, credentialsOf('remote'));
    expect((await assertBy(key, 'a')).status).toBe(200);
    expect(await assertBy(createTestKey('ES256'), 'b')).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  it('is left unused by a refusal of the policy', async () => {
    const assertion = world.clientAssertion();
    expect((await world.assert({ assertion, resource: 'urn:unknown' }, BATCH)).status).toBe(400);
    expect((await world.assert({ assertion }, BATCH)).status).toBe(200);
  });

  it('gets 503 and nothing else while the store of what was used cannot tell', async () => {
    const fail = () => Promise.reject(new UpstreamError('redis', 'timeout'));
    const replays = { markUsed: fail, isUsed: fail };
    const other = await startExchangeWorld(rules, {}, { replays });
    const answer = await other.assert({ assertion: other.clientAssertion() }, BATCH);
    expect(answer).toMatchObject(UNAVAILABLE);
  });
});
