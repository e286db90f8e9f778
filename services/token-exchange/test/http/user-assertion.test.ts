import { describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import {
  BATCH,
  type Claims,
  credentialsOf,
  IMAGES,
  issuedClaims,
  issuedToken,
  JWT_BEARER,
  OWN,
  SILENT,
  startExchangeWorld,
  USERS,
  WEAK,
} from './exchange-world.js';
import { assertionsOf, rules } from './assertion-world.js';
import { expectRefusal } from './refusal-world.js';

const world = await startExchangeWorld(rules);

const { plain, refuses } = assertionsOf(world);
const otherToken = (aud: string) => world.token({ client_id: 'other', aud });

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

  it.each(['/oauth2/token', '/service/tokensts'])('may be for a token endpoint of this service, %s', async (path) => {
    const assertion = plain({ aud: [`${OWN}${path}`, 'https://other.example.com'] });
    expect((await world.assert({ assertion })).status).toBe(200);
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
    const { body } = await world.explainAssertion({ assertion }, BATCH);
    expect(body).toMatchObject({ verdict: 'permit', claims: { sub: 'alice' } });
    const { jti } = issuedClaims(await world.assert({ assertion }, BATCH));
    expect(world.events().find((event) => event['jti'] === jti)).toMatchObject({
      origin: 'user_assertion',
      client: 'batch',
      subject: { iss: USERS, sub: 'alice' },
    });
    expect(world.logLines.join('')).not.toContain(assertion);
  });

  it.each([
    ['assertion_invalid: an assertion that is no JWT', 'no-jwt', 'assertion_invalid'],
    ['one that has expired', plain({ exp: TEST_START - 1 }), 'assertion_invalid'],
    ['one without exp', plain({ exp: undefined }), 'assertion_invalid'],
    ['one without sub', plain({ sub: undefined }), 'assertion_invalid'],
    ['one of an unknown issuer', plain({ iss: 'https://elsewhere.example.com' }), 'assertion_invalid'],
    ['one that nobody signed', `${plain().split('.').slice(0, 2).join('.')}.`, 'assertion_invalid'],
    [
      'assertion_wrong_audience: one for another service',
      plain({ aud: 'https://other.example.com' }),
      'assertion_wrong_audience',
    ],
    ['one for nobody', plain({ aud: undefined }), 'assertion_wrong_audience'],
    ['an ID token of the client', plain({ aud: 'gateway', nonce: 'n' }), 'assertion_wrong_audience'],
    ['an access token of another client', otherToken('other'), 'assertion_wrong_audience'],
    ['an access token of another client for this service', otherToken(OWN), 'assertion_wrong_audience'],
    ['assertion_not_trusted: an issuer that may not assert users', plain({ iss: SILENT }), 'assertion_not_trusted'],
    [
      'act_not_trusted: a chain of an issuer that may not assert one',
      plain({ iss: WEAK, act: { sub: 'agent' } }),
      'act_not_trusted',
    ],
    ['a token of our own, whose issuer was not given the right', world.token({ iss: OWN }), 'assertion_not_trusted'],
    ['one bound to a key', plain({ cnf: { jkt: 'x' } }), 'sender_constrained'],
  ])('refuses %s as invalid_grant (RFC 7521 section 4.1.1)', async (_name, assertion, reason) => {
    await refuses({ assertion }, reason);
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
    expect((await world.explainAssertion(fields)).status).toBe(400);
  });

  it('is not there for a client whose grantTypes leave it out, nor without the scope', async () => {
    const [withoutGrant, unscoped] = [credentialsOf('no-exchange'), credentialsOf('unscoped')];
    expect(await world.assert({}, withoutGrant)).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    expect(await world.assert({}, unscoped)).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
  });
});

describe('the lineage of an assertion', () => {
  it('ends with it: what was issued for a revoked assertion is not exchanged, and it is not handed in again', async () => {
    const assertion = plain({ jti: 'asserted-once' });
    const answer = await world.assert({ assertion });
    const [root] = issuedClaims(answer)['anc'] as string[];
    await world.revoke(root);
    await refuses({ assertion }, 'ancestor_revoked');
    await expectRefusal(world, { subject_token: issuedToken(answer) }, { reason: 'ancestor_revoked' });
  });
});
