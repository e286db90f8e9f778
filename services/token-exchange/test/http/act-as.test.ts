import { describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import {
  type Claims,
  type FormFields,
  issuedClaims,
  issuedToken,
  OWN,
  ruleAt,
  SILENT,
  startExchangeWorld,
  USERS,
  WEAK,
} from './exchange-world.js';
import { expectRefusal } from './refusal-world.js';

const STAFF = 'https://staff.example.com';
const rule = (id: string, members: object = {}) =>
  ruleAt(id, { audience: 'app', scopes: ['read', 'write'], allowedActors: ['tester'], ...members });
const appRule = rule('app', { actAs: true, subjects: { subs: ['test*'] } });
const rules = [
  appRule,
  rule('by-token'),
  rule('nobody', { actAs: true, allowedActors: undefined }),
  rule('act_as', { actAs: true, actAsForm: 'act_as' }),
  rule('two-forms', { actAs: true, actAsForm: 'act_as' }),
  rule('two-forms', { id: 'other-form', actAs: true, actAsForm: 'act' }),
  rule('open', { allowedActors: undefined }),
  rule('one-of-two', { actAs: true }),
  rule('one-of-two', { id: 'strict' }),
];
const ENV = { ACT_AS_SCOPE_PREFIXES: `act_as:, act_as:staff:=${STAFF}` };

const world = await startExchangeWorld(rules, ENV);

const tester = (claims: Claims = {}, header = {}) => world.token({ sub: 'tester', ...claims }, header);
const request = (fields?: FormFields): FormFields => ({
  assertion: tester(),
  resource: 'urn:app',
  scope: 'act_as:test1 read',
  ...fields,
});
const actAs = (fields?: FormFields) => world.assert(request(fields));
const claimsParameter = (value: unknown) => JSON.stringify({ access_token: { act_as: value } });

async function refuses(fields: FormFields, reason: string, error = 'invalid_request'): Promise<void> {
  const answer = await actAs(fields);
  expect(answer).toMatchObject({ status: 400, body: { error } });
  expect((await world.explainAssertion(request(fields))).body).toMatchObject({ verdict: 'deny', reason });
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
    const answer = await other.assert(request({ assertion: other.token({ sub: 'tester' }) }));
    expect(issuedClaims(answer)).toMatchObject({ sub: 'tester', act_as: { iss: USERS, sub: 'test1' } });
  });

  it('goes on with the token in that form, and is no actor', async () => {
    const subject_token = issuedToken(await actAs({ resource: 'urn:act_as' }));
    for (const resource of ['urn:act_as', 'urn:by-token']) {
      const fields = { subject_token, resource, ...world.actorFields({ sub: 'tester' }) };
      await expectRefusal(world, fields, { reason: 'actor_is_subject' });
    }
  });

  it('takes the token of an issuer that may not assert users: here it proves who acts', async () => {
    const claims = { iss: SILENT, sub: 'tester' };
    const other = await startExchangeWorld([{ ...appRule, allowedActors: [claims] }]);
    expect((await other.assert(request({ assertion: other.token(claims) }))).status).toBe(200);
    await refuses({ assertion: world.token(claims) }, 'actor_not_allowed');
  });

  it('is at the issuer of its prefix, the longest that fits', async () => {
    const answer = await actAs({ scope: 'act_as:staff:test9', resource: 'urn:app' });
    expect(issuedClaims(answer)).toMatchObject({ sub: 'test9', sub_id: { iss: STAFF, sub: 'test9' } });
  });

  it('is audited with whom it was about and who acted', async () => {
    const { jti } = issuedClaims(await actAs());
    expect(world.events().find((event) => event['jti'] === jti)).toMatchObject({
      origin: 'act_as',
      client: 'gateway',
      subject: { iss: USERS, sub: 'test1' },
      actor: { iss: USERS, sub: 'tester' },
      rule: 'app',
    });
  });

  it('ends with the token that proved who acts', async () => {
    const answer = await actAs();
    const [root] = issuedClaims(answer)['anc'] as string[];
    const fields = { subject_token: issuedToken(answer), resource: 'urn:open' };
    expect((await world.exchange(fields)).status).toBe(200);
    await world.revoke(root);
    await expectRefusal(world, fields, { reason: 'ancestor_revoked' });
  });
});

describe('who may act as whom is closed by default', () => {
  it.each([
    ['act_as_not_allowed: a rule that does not say actAs', 'urn:by-token'],
    ['act_as_not_allowed: one of the rules that match does not say so', 'urn:one-of-two'],
    ['actor_not_allowed: no rule lists who may act', 'urn:nobody'],
  ])('%s', async (name, resource) => {
    const [reason = ''] = name.split(':');
    await refuses({ resource }, reason);
  });

  it('is refused where rules do not agree on the form', async () => {
    const answer = await actAs({ resource: 'urn:two-forms' });
    expect(answer).toMatchObject({ status: 500, body: { error: 'server_error' } });
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
    expect(await other.assert(request({ assertion: other.token({ sub: 'tester' }) }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
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
    ['a name by scope and one by claims', { claims: claimsParameter({ value: 'test1' }) }],
    ['claims that are no JSON', { scope: undefined, claims: '{"access_token"' }],
    ['claims that are no object', { scope: undefined, claims: '[1]' }],
    ['claims with a member twice', { scope: undefined, claims: '{"access_token":{},"access_token":{}}' }],
    ['claims of 20 KB', { scope: undefined, claims: claimsParameter({ value: 'test1', x: 'x'.repeat(20_000) }) }],
    ['claims nested 200 deep', { scope: undefined, claims: `{"a":${'['.repeat(200)}${']'.repeat(200)}}` }],
    ['claims twice', { scope: undefined, claims: ['{}', '{}'] }],
    ['act_as that is null', { scope: undefined, claims: claimsParameter(null) }],
    ['act_as without a value', { scope: undefined, claims: claimsParameter({}) }],
    ['act_as with an empty value', { scope: undefined, claims: claimsParameter({ value: '' }) }],
    ['act_as with a number', { scope: undefined, claims: claimsParameter({ value: 1 }) }],
    ['act_as with several values', { scope: undefined, claims: claimsParameter({ values: ['test1'] }) }],
    ['a name with a line break', { scope: undefined, claims: claimsParameter({ value: 'test1\ntest2' }) }],
    ['a name of 300 characters', { scope: `act_as:test${'1'.repeat(300)}` }],
    ['a subject token beside it', { subject_token: 'a.b.c' }],
  ])('%s is invalid_request', async (_name, fields) => {
    expect(await actAs(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await world.explainAssertion(request(fields))).status).toBe(400);
  });

  it('a prefix that is not registered is a scope like any other, which no rule grants', async () => {
    const fields = { assertion: world.token({ sub: 'alice' }), resource: 'urn:open' };
    expect(issuedClaims(await world.assert({ ...fields, scope: 'read' }))).toMatchObject({ sub: 'alice' });
    await refuses({ ...fields, scope: 'impersonate:test1 read' }, 'scope_not_allowed', 'invalid_scope');
  });

  it('a name beside a subject token is invalid_request in an exchange', async () => {
    for (const fields of [{ scope: 'act_as:test1' }, { claims: claimsParameter({ value: 'test1' }) }]) {
      expect(await world.exchange(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  it('nobody acts as themselves', async () => {
    const other = await startExchangeWorld([{ ...appRule, allowedActors: ['test1'] }]);
    const answer = await other.assert(request({ assertion: other.token({ sub: 'test1' }) }));
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    await refuses({ assertion: world.token({ sub: 'test1' }) }, 'actor_is_subject');
  });

  it.each([
    ['assertion_invalid', 'that is no JWT', 'no-jwt'],
    ['assertion_invalid', 'that has expired', tester({ exp: TEST_START - 1 })],
    ['actor_not_bound_to_caller', 'of another client', tester({ client_id: 'other', aud: 'other' })],
    ['assertion_invalid', 'that a client made', world.clientAssertion({ iss: 'gateway', sub: 'tester' })],
    ['actor_chain_splicing', 'that is itself delegated', tester({ act: { sub: 'x' } })],
    ['actor_not_allowed', 'of the tester of another issuer', tester({ iss: WEAK })],
  ])('%s: an assertion %s is refused', async (reason, _name, assertion) => {
    await refuses({ assertion }, reason, reason === 'actor_not_allowed' ? 'invalid_request' : 'invalid_grant');
  });
});
