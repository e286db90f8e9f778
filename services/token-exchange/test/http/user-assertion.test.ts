import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { createTestKey, signTestToken, TEST_START } from '@mandate/testing';
import {
  basic,
  BATCH,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  imagesRule,
  IMAGES,
  issuedClaims,
  JWT_BEARER,
  OWN,
  SILENT,
  startExchangeWorld,
  USERS,
} from './exchange-world.js';

const BATCH_AT = { authorization: BATCH };
const rules = [
  imagesRule,
  { id: 'acting', patterns: ['urn:acting'], audience: 'acting', scopes: ['read'], clientAsActor: true },
  { id: 'narrow', patterns: ['urn:narrow'], audience: 'narrow', scopes: ['read', 'admin'], scopeCeiling: 'subject' },
  { id: 'blue', patterns: ['urn:blue'], audience: 'blue', scopes: ['read'], subjects: { claims: { tenant: 'blue' } } },
  { id: 'admin', patterns: ['urn:admin'], audience: 'admin', scopes: ['admin'], expirationSeconds: 900 },
];

let world: ExchangeWorld;
beforeAll(async () => {
  world = await startExchangeWorld(rules);
});
afterAll(() => world.close());

/** An assertion that is no access token: alice, as USERS says to this service. */
const plain = (claims: Claims = {}) =>
  world.token({ client_id: undefined, scope: undefined, aud: OWN, ...claims }, { typ: 'JWT' });

/** The same refusal as wire error of the grant, and as reason code of its explanation. */
async function refuses(
  fields: FormFields,
  reason: string,
  { error = 'invalid_grant', ...by }: { error?: string; authorization?: string } = {},
): Promise<void> {
  const answer = await world.assert(fields, by);
  expect(answer).toMatchObject({ status: 400, body: { error } });
  expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description']);
  const asked = { grant_type: JWT_BEARER, resource: `${IMAGES}/photos`, ...fields };
  const explained = await world.post('/service/explain', asked, by);
  expect(explained.body).toMatchObject({ verdict: 'deny', reason, needs: [expect.any(String)] });
}

describe('a user assertion (RFC 7523 section 2.1)', () => {
  it('of an issuer that may assert users gives a token for whom it names, through the calling client', async () => {
    const answer = await world.assert({ assertion: plain(), scope: 'read' });
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 120, scope: 'read' } });
    const { jti, anc, authGrantId, ...claims } = issuedClaims(answer);
    expect(claims).toEqual({
      iss: OWN,
      sub: 'alice',
      sub_id: { format: 'iss_sub', iss: USERS, sub: 'alice' },
      aud: IMAGES,
      client_id: 'gateway',
      scope: 'read',
      scp: ['read'],
      iat: TEST_START,
      nbf: TEST_START,
      exp: TEST_START + 120,
    });
    expect(jti).toEqual(expect.any(String));
    expect(anc).toEqual([authGrantId]);
  });

  it('may be an access token of the calling client, which bounds the lifetime but not the scopes', async () => {
    const assertion = world.token({ scope: 'read', exp: TEST_START + 50 });
    const answer = await world.assert({ assertion, resource: 'urn:admin', scope: 'admin' });
    expect(answer.body).toMatchObject({ scope: 'admin', expires_in: 50 });
    const short = plain({ exp: TEST_START + 50 });
    expect((await world.assert({ assertion: short, resource: 'urn:admin' })).body).toMatchObject({ expires_in: 900 });
  });

  it('is bounded by its own scopes where a rule says scopeCeiling: subject', async () => {
    const fields = { assertion: world.token({ scope: 'read' }), resource: 'urn:narrow' };
    expect((await world.assert(fields)).body['scope']).toBe('read');
    await refuses({ ...fields, scope: 'admin' }, 'scope_not_allowed', { error: 'invalid_scope' });
  });

  it('puts the client in act where the rule says clientAsActor, above the chain that the assertion brings', async () => {
    const assertion = plain({ act: { sub: 'agent' } });
    const answer = await world.assert({ assertion, resource: 'urn:acting' });
    expect(issuedClaims(answer)).toMatchObject({ sub: 'alice', act: { sub: 'gateway', act: { sub: 'agent' } } });
  });

  it('is announced in the metadata (RFC 8414 section 2)', async () => {
    const metadata = await fetch(`${world.url}/.well-known/oauth-authorization-server`);
    expect(((await metadata.json()) as Claims)['grant_types_supported']).toContain(JWT_BEARER);
  });

  it('is audited as what it is, and explained without being used up', async () => {
    const assertion = world.clientAssertion();
    const asked = { grant_type: JWT_BEARER, assertion, resource: `${IMAGES}/photos` };
    const explained = await world.post('/service/explain', asked, BATCH_AT);
    expect(explained.body).toMatchObject({ verdict: 'permit', claims: { sub: 'alice' } });
    const answer = await world.assert({ assertion }, BATCH_AT);
    expect(answer.status).toBe(200);
    const jti = String(issuedClaims(answer)['jti']);
    const event = world.logLines.find((line) => line.includes(jti) && line.includes('"event":"exchange"'));
    expect(JSON.parse(String(event))).toMatchObject({
      origin: 'user_assertion',
      client: 'batch',
      subject: { iss: USERS, sub: 'alice' },
    });
    expect(world.logLines.join('')).not.toContain(assertion);
  });

  it.each([
    ['assertion_invalid: an assertion that is no JWT', () => 'no-jwt', 'assertion_invalid'],
    ['one that has expired', () => plain({ exp: TEST_START - 1 }), 'assertion_invalid'],
    ['one without exp', () => plain({ exp: undefined }), 'assertion_invalid'],
    ['one without sub', () => plain({ sub: undefined }), 'assertion_invalid'],
    ['one of an unknown issuer', () => plain({ iss: 'https://elsewhere.example.com' }), 'assertion_invalid'],
    ['one that nobody signed', () => `${plain().split('.').slice(0, 2).join('.')}.`, 'assertion_invalid'],
    [
      'assertion_wrong_audience: one for another service',
      () => plain({ aud: 'https://other.example.com' }),
      'assertion_wrong_audience',
    ],
    ['one for nobody', () => plain({ aud: undefined }), 'assertion_wrong_audience'],
    ['an ID token of the client', () => plain({ aud: 'gateway', nonce: 'n' }), 'assertion_wrong_audience'],
    [
      'an access token of another client',
      () => world.token({ client_id: 'other', aud: 'other' }),
      'assertion_wrong_audience',
    ],
    [
      'an access token of another client for this service',
      () => world.token({ client_id: 'other', aud: OWN }),
      'assertion_wrong_audience',
    ],
    [
      'assertion_not_trusted: an issuer that may not assert users',
      () => plain({ iss: SILENT }),
      'assertion_not_trusted',
    ],
    [
      'a token of our own, whose issuer was not given the right',
      () => world.token({ iss: OWN }),
      'assertion_not_trusted',
    ],
    ['one bound to a key', () => plain({ cnf: { jkt: 'x' } }), 'sender_constrained'],
  ])('refuses %s as invalid_grant (RFC 7521 section 4.1.1)', async (_name, make, reason) => {
    await refuses({ assertion: make() }, reason);
  });

  it.each([
    ['without an assertion', { assertion: undefined }],
    ['with an empty one', { assertion: '' }],
    ['with two', { assertion: ['a', 'b'] }],
    ['with a line break at its end', { assertion: 'a.b.c\n' }],
    ['with a subject token beside it', { subject_token: 'a' }],
    ['with an actor token beside it', { actor_token: 'a' }],
  ])('answers invalid_request to a form %s', async (_name, fields) => {
    expect(await world.assert(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const asked = { grant_type: JWT_BEARER, assertion: plain(), ...fields };
    expect(await world.post('/service/explain', asked)).toMatchObject({ status: 400 });
  });

  it('is not there for a client whose grantTypes leave it out, nor without the scope', async () => {
    const as = (id: string) => world.assert({}, { authorization: basic(id, `${id}-secret`) });
    expect(await as('no-exchange')).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    expect(await as('unscoped')).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
  });
});

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

describe('the lineage of an assertion', () => {
  it('ends with it: what was issued for a revoked assertion is not exchanged, and it is not handed in again', async () => {
    const assertion = plain({ jti: 'asserted-once' });
    const issued = String((await world.assert({ assertion })).body['access_token']);
    const [root] = issuedClaims(await world.assert({ assertion }))['anc'] as string[];
    await world.revocations.revoke([{ kind: 'token', id: String(root), expiresAt: TEST_START + 600 }]);
    await refuses({ assertion }, 'ancestor_revoked');
    expect(await world.exchange({ subject_token: issued })).toMatchObject({ status: 400 });
  });
});
