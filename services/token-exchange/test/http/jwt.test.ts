import { beforeEach, describe, expect, it } from '@jest/globals';
import { text } from 'node:stream/consumers';
import { TEST_START } from '@mandate/testing';
import { temporaryServer } from '../after-tests.js';
import {
  ACCESS_TOKEN,
  basic,
  type Claims,
  type FormFields,
  imagesRule,
  issuedClaims,
  JWT,
  OWN,
  RESOLVER,
  startExchangeWorld,
  UNAVAILABLE,
  USERS,
  WEAK,
} from './exchange-world.js';
import { introspectionEnv, OPAQUE_ISSUER } from './upstream-settings.js';

const OPAQUE = 'opaque-token-canary';

/** What an introspection of the one opaque token says. */
const opaque: Claims = {
  active: true,
  sub: 'alice',
  aud: 'photos',
  scope: 'read write',
  client_id: 'app',
  exp: TEST_START + 300,
  department: 'photos',
};

const inProcess = await startExchangeWorld([imagesRule], { TOKEN_EXCHANGE_POLICIES: 'jwt' });

const inPlace = (fields: FormFields = {}): FormFields => ({
  requested_token_type: JWT,
  resource: undefined,
  ...fields,
});

describe('TOKEN_EXCHANGE_POLICIES=jwt in process', () => {
  const exchange = (claims: Claims = {}, fields: FormFields = {}) =>
    inProcess.exchange(inPlace({ subject_token: inProcess.token(claims), ...fields }), RESOLVER);
  const reason = async (claims: Claims = {}, fields: FormFields = {}) => {
    const form = inPlace({ subject_token: inProcess.token(claims), ...fields });
    return (await inProcess.explain(form, RESOLVER)).body['reason'];
  };

  it('P9 makes no agreement of what another issuer says was agreed to, and leaves other details as they are', async () => {
    const agreement = {
      type: 'act_on_behalf',
      client_id: 'gateway',
      scopes: ['read'],
      locations: ['gateway'],
      uses: 9,
    };
    const detailsOf = async (...details: Claims[]): Promise<unknown> =>
      issuedClaims(await exchange({ authorization_details: details }))['authorization_details'];
    expect([await detailsOf(agreement, { type: 'pay' }), await detailsOf(agreement)]).toEqual([
      [{ type: 'pay' }],
      undefined,
    ]);
  });

  it.each<[string, Claims]>([
    ['whose client it was issued to', { client_iss: WEAK }],
    ['that it is an ID token, as Keycloak does', { typ: 'ID' }],
    ['that it is an ID token, as Cognito does', { token_use: 'id' }],
    ['that it is an ID token, as AM does', { tokenName: 'id_token' }],
    ['that it is an ID token, as Curity does', { purpose: 'id' }],
  ])('does not sign what another issuer says of its own token alone: %s', async (_what, claims) => {
    const subject = { ...claims, scope: undefined, client_id: undefined, department: 'photos' };
    const answer = await exchange(subject, { subject_token_type: JWT });
    expect(issuedClaims(answer)).toMatchObject({ department: 'photos', client_id: 'resolver' });
    expect(issuedClaims(answer)).not.toHaveProperty(Object.keys(claims).join());
  });

  it("re-signs the subject token's claims; iss, iat, exp and jti are ours", async () => {
    const answer = await exchange({ department: 'photos', jti: 'theirs', iat: TEST_START - 60 });
    expect(answer).toMatchObject({ status: 200, body: { issued_token_type: JWT, token_type: 'N_A' } });
    const claims = issuedClaims(answer);
    expect(claims).toMatchObject({
      iss: OWN,
      sub: 'alice',
      aud: 'gateway',
      scope: 'read write',
      department: 'photos',
      iat: TEST_START,
      exp: TEST_START + 600,
      sub_id: { iss: USERS, sub: 'alice' },
    });
    expect(claims['jti']).not.toBe('theirs');
  });

  it('applies to nothing but a requested JWT', async () => {
    expect(await exchange({}, { requested_token_type: ACCESS_TOKEN })).toMatchObject({ status: 400 });
    expect(await reason({}, { requested_token_type: ACCESS_TOKEN })).toBe('no_target');
    const { body } = await inProcess.explain(inPlace({ requested_token_type: ACCESS_TOKEN }), RESOLVER);
    expect(body['needs']).toEqual([
      'a resource or audience, or defaultTargets in the record of the client; or the condition requested_token_type of rule in_place to hold',
    ]);
  });

  it('is only for callers who may introspect as well', async () => {
    const answer = await inProcess.exchange(inPlace());
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await inProcess.explain(inPlace())).body['reason']).toBe('policy_denied');
  });

  it('X3 never lives longer than the subject token, nor than we let any token live', async () => {
    expect(issuedClaims(await exchange({ exp: TEST_START + 7 }))['exp']).toBe(TEST_START + 7);
    expect(issuedClaims(await exchange({ exp: TEST_START + 80_000 }))['exp']).toBe(TEST_START + 3600);
  });

  it('X1 gives no scope that the subject token has not', async () => {
    expect((await exchange({}, { scope: 'read' })).body['scope']).toBe('read');
    expect(await exchange({}, { scope: 'read admin' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    expect((await exchange({ scope: undefined })).body).not.toHaveProperty('scope');
    expect(await exchange({ scope: undefined, client_id: undefined }, { scope: 'read' })).toMatchObject({
      status: 400,
    });
  });

  it('X2 stays at the audiences of the subject token', async () => {
    expect(issuedClaims(await exchange({ aud: ['a', 'b'] }))['aud']).toEqual(['a', 'b']);
    expect(issuedClaims(await exchange({ aud: ['a', 'b'] }, { audience: 'b' }))['aud']).toBe('b');
    expect(await exchange({}, { audience: 'elsewhere' })).toMatchObject({ body: { error: 'invalid_target' } });
    expect(await reason({ aud: undefined })).toBe('policy_denied');
  });

  it('keeps the chain of actors, and adds an actor only with a may_act that names it', async () => {
    const act = { sub: 'carol', act: { sub: 'dave' } };
    expect(issuedClaims(await exchange({ act }))['act']).toEqual(act);
    const bob = inProcess.actorFields({ aud: 'resolver' });
    const claims = issuedClaims(await exchange({ act, may_act: { sub: 'bob' } }, bob));
    expect(claims).toMatchObject({ act: { sub: 'bob', act } });
    expect(claims).not.toHaveProperty('may_act');
    expect(await reason({}, bob)).toBe('no_delegation_grant');
    expect(await reason({ may_act: { sub: 'eve' } }, bob)).toBe('may_act_mismatch');
    expect(await reason({ may_act: { sub: 'bob' } })).toBe('may_act_mismatch');
  });

  it('X8 T18 refuses what the exchange refuses whoever decides', async () => {
    expect(await reason({ sub: undefined })).toBe('subject_token_invalid');
    expect(await reason({ cnf: { jkt: 'abc' } })).toBe('sender_constrained');
    expect(await reason({ act: 'carol' })).toBe('act_malformed');
  });

  it('an opaque token stays refused: there is nobody to ask', async () => {
    expect(await reason({}, { subject_token: OPAQUE })).toBe('subject_token_invalid');
  });

  it('writes N_A for a missing aud or scope only with JWT_POLICY_N_A=true', async () => {
    const ims = await startExchangeWorld([imagesRule], { TOKEN_EXCHANGE_POLICIES: 'jwt', JWT_POLICY_N_A: 'true' });
    const claims = { aud: undefined, scope: undefined };
    const answer = await ims.exchange(inPlace({ subject_token: ims.token(claims) }), RESOLVER);
    expect(issuedClaims(answer)).toMatchObject({ aud: 'N_A', scope: 'N_A', scp: ['N_A'] });
    const nobody = await ims.exchange(inPlace({ subject_token: ims.token({ sub: undefined }) }), RESOLVER);
    expect(nobody.status).toBe(400);
  });
});

let introspections: { authorization: string | undefined; token: string | null }[] = [];
let answer: { status?: number; body: string } = { body: '' };
const server = await temporaryServer((request, response) => {
  void text(request).then((form) => {
    const { authorization } = request.headers;
    introspections.push({ authorization, token: new URLSearchParams(form).get('token') });
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body);
  });
});
const env = { ...introspectionEnv(`${server.origin}/service/introspect`), TOKEN_EXCHANGE_POLICIES: 'json,jwt' };
const overHttp = await startExchangeWorld([imagesRule], env);

describe('TOKEN_EXCHANGE_POLICIES=jwt over HTTP', () => {
  beforeEach(() => {
    introspections = [];
    says();
  });

  const says = (claims: Claims = {}) => (answer = { body: JSON.stringify({ ...opaque, ...claims }) });
  const phantom = (fields: FormFields = {}) => inPlace({ subject_token: OPAQUE, ...fields });
  const exchange = (fields?: FormFields) => overHttp.exchange(phantom(fields), RESOLVER);
  const explain = async (fields?: FormFields) => (await overHttp.explain(phantom(fields), RESOLVER)).body;

  it('an opaque token in, our signed JWT out (phantom token), by one introspection', async () => {
    const claims = issuedClaims(await exchange());
    expect(claims).toMatchObject({
      iss: OWN,
      sub: 'alice',
      sub_id: { iss: OPAQUE_ISSUER, sub: 'alice' },
      aud: 'photos',
      scope: 'read write',
      exp: TEST_START + 300,
      client_id: 'resolver',
      department: 'photos',
    });
    expect(claims).not.toHaveProperty('active');
    const authorization = basic('exchange', 'introspect-secret-canary');
    expect(introspections).toEqual([{ authorization, token: OPAQUE }]);
  });

  it('asks about no opaque token of somebody who may not introspect, or who wants no JWT', async () => {
    expect((await overHttp.exchange(phantom())).status).toBe(400);
    expect(await explain({ requested_token_type: ACCESS_TOKEN })).toMatchObject({ reason: 'subject_token_invalid' });
    expect(await explain({ subject_token_type: JWT })).toMatchObject({ reason: 'subject_token_invalid' });
    expect(introspections).toEqual([]);
  });

  it('T16 asks about nothing in the form of a JWT that was not verified here', async () => {
    for (const token of ['a.b.c', overHttp.token({ iss: 'https://unknown.example.com' }), 'a.b.c.d.e']) {
      expect(await explain({ subject_token: token })).toMatchObject({ reason: 'subject_token_invalid' });
    }
    expect(introspections).toEqual([]);
  });

  it('lets no other backend permit with an opaque token', async () => {
    expect(await explain({ resource: imagesRule.audience + '/a' })).toMatchObject({ reason: 'subject_token_invalid' });
  });

  it.each<[string, Claims, string]>([
    ['another issuer', { iss: USERS }, 'subject_token_invalid'],
    ['our own issuer', { iss: OWN }, 'subject_token_invalid'],
    ['no sub', { sub: undefined }, 'subject_token_invalid'],
    ['no exp', { exp: undefined }, 'subject_token_invalid'],
    ['an exp that has passed', { exp: TEST_START }, 'subject_token_invalid'],
    ['a chain of actors', { act: { sub: 'carol' } }, 'act_not_trusted'],
    ['a key it is bound to', { cnf: { jkt: 'abc' } }, 'sender_constrained'],
    ['no aud', { aud: undefined }, 'policy_denied'],
    ['inactive', { active: false }, 'subject_token_invalid'],
  ])('refuses an opaque token whose introspection says %s', async (_name, claims, reason) => {
    says(claims);
    expect(await explain()).toMatchObject({ verdict: 'deny', reason });
  });

  it('believes no may_act of an issuer that is not listed', async () => {
    says({ may_act: { sub: 'bob' } });
    const fields = overHttp.actorFields({ aud: 'resolver' });
    expect(await explain(fields)).toMatchObject({ reason: 'no_delegation_grant' });
  });

  it('X1 X2 gives no scope and no audience beyond those of the answer', async () => {
    expect(await exchange({ scope: 'admin' })).toMatchObject({ body: { error: 'invalid_scope' } });
    expect(await exchange({ audience: 'elsewhere' })).toMatchObject({ body: { error: 'invalid_target' } });
    says({ scope: undefined });
    expect(issuedClaims(await exchange())['scp']).toEqual([]);
  });

  it('has a verified JWT introspected too: it can take away, and not add', async () => {
    const subject_token = overHttp.token({ aud: 'gateway' });
    says({ aud: ['gateway', 'x'], scope: 'read admin', exp: TEST_START + 9000, role: 'admin' });
    const claims = issuedClaims(await exchange({ subject_token }));
    expect(claims).toMatchObject({ aud: 'gateway', scope: 'read', exp: TEST_START + 600 });
    expect(claims).not.toHaveProperty('role');
    says({ active: false });
    expect(await explain({ subject_token })).toMatchObject({ reason: 'policy_denied' });
  });

  it.each([
    ['PB-17 a failing server', { status: 503, body: '<html>' }],
    ['PB-18 truncated JSON', { body: '{"active":true' }],
    ['PB-20 a duplicate member', { body: '{"active":false,"active":true}' }],
    ['our credentials refused', { status: 401, body: '{}' }],
  ])('X12 503 on %s, for an opaque token and for a JWT', async (_name, oddAnswer) => {
    answer = oddAnswer;
    for (const subject_token of [OPAQUE, overHttp.token()]) {
      expect(await exchange({ subject_token })).toMatchObject(UNAVAILABLE);
    }
  });

  it('S5 writes neither the opaque token nor our secret anywhere', async () => {
    await exchange();
    await exchange({ scope: 'admin' });
    const text = overHttp.logLines.join('\n');
    for (const canary of [OPAQUE, 'introspect-secret-canary']) expect(text).not.toContain(canary);
  });

  it("asks with the caller's bearer token where there are no credentials (IMS)", async () => {
    const none = { EXCHANGE_JWT_INTROSPECT_CLIENT_ID: '', EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: '' };
    const other = await startExchangeWorld([imagesRule], { ...env, ...none });
    const resolver = { sub: 'resolver', client_id: 'resolver', aud: 'resolver' };
    const bearer = other.token({ iss: OWN, ...resolver, scope: 'exchange introspect' });
    expect((await other.exchange(phantom(), { authorization: `Bearer ${bearer}` })).status).toBe(200);
    expect(introspections[0]?.authorization).toBe(`Bearer ${bearer}`);
    expect((await other.exchange(phantom(), RESOLVER)).status).toBe(400);
  });

  it('does not start with half of its settings', async () => {
    const withoutSecret = { ...env, EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: '' };
    const issuerAlone = { TOKEN_EXCHANGE_POLICIES: 'jwt', EXCHANGE_JWT_INTROSPECT_ISSUER: OPAQUE_ISSUER };
    for (const settings of [withoutSecret, issuerAlone])
      await expect(startExchangeWorld([imagesRule], settings)).rejects.toMatchObject({ name: 'ConfigError' });
  });
});
