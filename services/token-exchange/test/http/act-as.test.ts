import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import {
  type Answer,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  issuedClaims,
  JWT_BEARER,
  OWN,
  SILENT,
  startExchangeWorld,
  USERS,
  WEAK,
} from './exchange-world.js';

const STAFF = 'https://staff.example.com';
const app = { audience: 'app', scopes: ['read', 'write'] };
const rules = [
  {
    id: 'testers',
    patterns: ['urn:app'],
    ...app,
    actAs: true,
    allowedActors: ['tester'],
    subjects: { subs: ['test*'] },
  },
  { id: 'by-token', patterns: ['urn:by-token'], ...app, allowedActors: ['tester'] },
  { id: 'nobody', patterns: ['urn:nobody'], ...app, actAs: true },
  { id: 'printed', patterns: ['urn:act_as'], ...app, actAs: true, actAsForm: 'act_as', allowedActors: ['tester'] },
  {
    id: 'printed-too',
    patterns: ['urn:two-forms'],
    ...app,
    actAs: true,
    actAsForm: 'act_as',
    allowedActors: ['tester'],
  },
  { id: 'other-form', patterns: ['urn:two-forms'], ...app, actAs: true, actAsForm: 'act', allowedActors: ['tester'] },
  { id: 'open', patterns: ['urn:open'], ...app },
  { id: 'lax', patterns: ['urn:one-of-two'], ...app, actAs: true, allowedActors: ['tester'] },
  { id: 'strict', patterns: ['urn:one-of-two'], ...app, allowedActors: ['tester'] },
];
const ENV = { ACT_AS_SCOPE_PREFIXES: `act_as:, act_as:staff:=${STAFF}` };

let world: ExchangeWorld;
beforeAll(async () => {
  world = await startExchangeWorld(rules, ENV);
});
afterAll(() => world.close());

const tester = (claims: Claims = {}, header = {}) => world.token({ sub: 'tester', ...claims }, header);
const actAs = (fields: FormFields = {}): Promise<Answer> =>
  world.assert({ assertion: tester(), resource: 'urn:app', scope: 'act_as:test1 read', ...fields });
const wanting = (value: unknown) => JSON.stringify({ access_token: { act_as: value } });

async function refuses(fields: FormFields, reason: string, error = 'invalid_request'): Promise<void> {
  const answer = await actAs(fields);
  expect(answer).toMatchObject({ status: 400, body: { error } });
  const asked = { grant_type: JWT_BEARER, assertion: tester(), resource: 'urn:app', scope: 'act_as:test1', ...fields };
  expect((await world.post('/service/explain', asked)).body).toMatchObject({ verdict: 'deny', reason });
}

describe('acting as somebody by name', () => {
  it('gives a token for whom the scope names, with who acts in act, and without that scope', async () => {
    const answer = await actAs();
    expect(answer).toMatchObject({ status: 200, body: { scope: 'read', token_type: 'Bearer', expires_in: 600 } });
    const { jti, anc, authGrantId, ...claims } = issuedClaims(answer);
    expect(claims).toEqual({
      iss: OWN,
      sub: 'test1',
      sub_id: { format: 'iss_sub', iss: USERS, sub: 'test1' },
      aud: 'app',
      client_id: 'gateway',
      scope: 'read',
      scp: ['read'],
      act: { sub: 'tester' },
      iat: TEST_START,
      nbf: TEST_START,
      exp: TEST_START + 600,
    });
    expect(typeof jti).toBe('string');
    expect(anc).toEqual([authGrantId]);
  });

  it('is asked for by the claims parameter as well, where other members mean nothing here', async () => {
    const claims = JSON.stringify({ id_token: { email: null }, access_token: { act_as: { value: 'test2' }, x: 1 } });
    expect(issuedClaims(await actAs({ scope: undefined, claims }))).toMatchObject({
      sub: 'test2',
      act: { sub: 'tester' },
      scope: 'read write',
    });
    const nobody = await world.assert({ assertion: tester(), resource: 'urn:by-token', claims: '{"access_token":{}}' });
    expect(nobody.body).toMatchObject({ error: 'invalid_request' });
  });

  it('puts who acts in sub, and as whom in act_as, in that form', async () => {
    const claims = issuedClaims(await actAs({ resource: 'urn:act_as' }));
    expect(claims).toMatchObject({ sub: 'tester', sub_id: { iss: USERS, sub: 'tester' }, act_as: { sub: 'test1' } });
    expect(claims).not.toHaveProperty('act');
    const other = await startExchangeWorld(rules, { ACT_AS_TOKEN_FORM: 'act_as', ACT_CLAIMS: 'iss+sub' });
    const assertion = other.token({ sub: 'tester' });
    const answer = await other.assert({ assertion, resource: 'urn:app', scope: 'act_as:test1' });
    expect(issuedClaims(answer)).toMatchObject({ sub: 'tester', act_as: { iss: USERS, sub: 'test1' } });
    await other.close();
  });

  it('goes on with the token in that form, and is no actor', async () => {
    const token = String((await actAs({ resource: 'urn:act_as' })).body['access_token']);
    const again = await world.exchange({ subject_token: token, resource: 'urn:act_as', ...actorOf('tester') });
    expect(again.status).toBe(400);
    const impersonated = await world.exchange({ subject_token: token, resource: 'urn:by-token', ...actorOf('tester') });
    expect(impersonated.status).toBe(400);
  });

  it('takes the token of an issuer that may not assert users: here it proves who acts', async () => {
    const assertion = world.token({ iss: SILENT, sub: 'tester' });
    const other = await startExchangeWorld([{ ...rules[0], allowedActors: [{ iss: SILENT, sub: 'tester' }] }]);
    const fields = { resource: 'urn:app', scope: 'act_as:test1' };
    expect((await other.assert({ ...fields, assertion: other.token({ iss: SILENT, sub: 'tester' }) })).status).toBe(
      200,
    );
    await other.close();
    await refuses({ assertion }, 'actor_not_allowed');
  });

  it('is at the issuer of its prefix, the longest that fits', async () => {
    const answer = await actAs({ scope: 'act_as:staff:test9', resource: 'urn:app' });
    expect(issuedClaims(answer)).toMatchObject({ sub: 'test9', sub_id: { iss: STAFF, sub: 'test9' } });
  });

  it('is audited with whom it was about and who acted', async () => {
    const jti = String(issuedClaims(await actAs())['jti']);
    const event = world.logLines.find((line) => line.includes(jti) && line.includes('"event":"exchange"'));
    expect(JSON.parse(String(event))).toMatchObject({
      origin: 'act_as',
      client: 'gateway',
      subject: { iss: USERS, sub: 'test1' },
      actor: { iss: USERS, sub: 'tester' },
      rule: 'testers',
    });
  });

  it('ends with the token that proved who acts', async () => {
    const answer = await actAs();
    const [root] = issuedClaims(answer)['anc'] as string[];
    await world.revocations.revoke([{ kind: 'token', id: String(root), expiresAt: TEST_START + 600 }]);
    expect(await world.exchange({ subject_token: String(answer.body['access_token']) })).toMatchObject({ status: 400 });
  });
});

function actorOf(sub: string): FormFields {
  return { actor_token: world.token({ sub }), actor_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
}

describe('who may act as whom is closed by default', () => {
  it('act_as_not_allowed: a rule that does not say actAs', async () => {
    await refuses({ resource: 'urn:by-token' }, 'act_as_not_allowed');
  });

  it('is refused where one of the rules that match does not say so', async () => {
    await refuses({ resource: 'urn:one-of-two' }, 'act_as_not_allowed');
  });

  it('is refused where rules do not agree on the form', async () => {
    const answer = await actAs({ resource: 'urn:two-forms' });
    expect(answer).toMatchObject({ status: 500, body: { error: 'server_error' } });
  });

  it('is refused where no rule lists who may act', async () => {
    await refuses({ resource: 'urn:nobody' }, 'actor_not_allowed');
  });

  it('is refused to an actor that is not listed, with a sentence that names neither', async () => {
    const fields = { assertion: world.token({ sub: 'mallory' }) };
    await refuses(fields, 'actor_not_allowed');
    const { body } = await actAs(fields);
    expect(body['error_description']).toBe('The exchange is not allowed');
  });

  it('is refused for a name that no rule has', async () => {
    await refuses({ scope: 'act_as:alice' }, 'no_policy_applies', 'invalid_target');
    await refuses({ scope: 'act_as:contest' }, 'no_policy_applies', 'invalid_target');
    await refuses({ scope: 'act_as:TEST1' }, 'no_policy_applies', 'invalid_target');
  });

  it('is refused without ACT_AS_SUBJECT_ISSUER', async () => {
    const other = await startExchangeWorld(rules, { ACT_AS_SUBJECT_ISSUER: '' });
    const fields = { assertion: other.token({ sub: 'tester' }), resource: 'urn:app', scope: 'act_as:test1' };
    expect(await other.assert(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    await other.close();
  });

  it('is bounded by the policy: more scopes than the rule grants are refused', async () => {
    await refuses({ scope: 'act_as:test1 admin' }, 'scope_not_allowed', 'invalid_scope');
  });
});

describe('bad input', () => {
  it.each<[string, FormFields]>([
    ['an empty name', { scope: 'act_as: read' }],
    ['the same name twice', { scope: 'act_as:test1 act_as:test1' }],
    ['two names', { scope: 'act_as:test1 act_as:test2' }],
    ['two names in two scopes', { scope: ['act_as:test1', 'act_as:test2'] }],
    ['a name by scope and one by claims', { claims: wanting({ value: 'test1' }) }],
    ['claims that are no JSON', { scope: undefined, claims: '{"access_token"' }],
    ['claims that are no object', { scope: undefined, claims: '[1]' }],
    ['claims with a member twice', { scope: undefined, claims: '{"access_token":{},"access_token":{}}' }],
    ['claims of 20 KB', { scope: undefined, claims: wanting({ value: 'test1', x: 'x'.repeat(20_000) }) }],
    ['claims nested 200 deep', { scope: undefined, claims: `{"a":${'['.repeat(200)}${']'.repeat(200)}}` }],
    ['claims twice', { scope: undefined, claims: ['{}', '{}'] }],
    ['act_as that is null', { scope: undefined, claims: wanting(null) }],
    ['act_as without a value', { scope: undefined, claims: wanting({}) }],
    ['act_as with an empty value', { scope: undefined, claims: wanting({ value: '' }) }],
    ['act_as with a number', { scope: undefined, claims: wanting({ value: 1 }) }],
    ['act_as with several values', { scope: undefined, claims: wanting({ values: ['test1'] }) }],
    ['a name with a line break', { scope: undefined, claims: wanting({ value: 'test1\ntest2' }) }],
    ['a name of 300 characters', { scope: `act_as:test${'1'.repeat(300)}` }],
    ['a subject token beside it', { subject_token: 'a.b.c' }],
  ])('%s is invalid_request', async (_name, fields) => {
    expect(await actAs(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const asked = {
      grant_type: JWT_BEARER,
      assertion: tester(),
      resource: 'urn:app',
      scope: 'act_as:test1',
      ...fields,
    };
    expect(await world.post('/service/explain', asked)).toMatchObject({ status: 400 });
  });

  it('a prefix that is not registered is a scope like any other, which no rule grants', async () => {
    const fields = { assertion: world.token({ sub: 'alice' }), resource: 'urn:open' };
    expect(issuedClaims(await world.assert({ ...fields, scope: 'read' }))).toMatchObject({ sub: 'alice' });
    await refuses({ ...fields, scope: 'impersonate:test1 read' }, 'scope_not_allowed', 'invalid_scope');
  });

  it('a name beside a subject token is invalid_request in an exchange', async () => {
    for (const fields of [{ scope: 'act_as:test1' }, { claims: wanting({ value: 'test1' }) }]) {
      expect(await world.exchange(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  it('nobody acts as themselves', async () => {
    const assertion = world.token({ sub: 'test1' });
    const other = await startExchangeWorld([{ ...rules[0], allowedActors: ['test1'] }]);
    const fields = { assertion: other.token({ sub: 'test1' }), resource: 'urn:app', scope: 'act_as:test1' };
    expect(await other.assert(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    await other.close();
    await refuses({ assertion }, 'actor_is_subject');
  });

  it.each<[string, () => string, [reason: string, error: string]]>([
    ['that is no JWT', () => 'no-jwt', ['assertion_invalid', 'invalid_grant']],
    ['that has expired', () => tester({ exp: TEST_START - 1 }), ['assertion_invalid', 'invalid_grant']],
    [
      'of another client',
      () => tester({ client_id: 'other', aud: 'other' }),
      ['actor_not_bound_to_caller', 'invalid_grant'],
    ],
    [
      'that a client made',
      () => world.clientAssertion({ iss: 'gateway', sub: 'tester' }),
      ['assertion_invalid', 'invalid_grant'],
    ],
    ['that is itself delegated', () => tester({ act: { sub: 'x' } }), ['actor_chain_splicing', 'invalid_grant']],
    ['of the tester of another issuer', () => tester({ iss: WEAK }), ['actor_not_allowed', 'invalid_request']],
  ])('an assertion %s is refused', async (_name, make, [reason, error]) => {
    await refuses({ assertion: make() }, reason, error);
  });
});
