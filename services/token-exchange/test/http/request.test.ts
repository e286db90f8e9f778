import { createTestKey, until } from '@mandate/testing';
import { describe, expect, it } from '@jest/globals';
import {
  ACCESS_TOKEN,
  type FormFields,
  identifierOf,
  ID_TOKEN,
  IMAGES,
  imagesRule,
  issuedClaims,
  issuedHeader,
  OWN,
  startExchangeWorld,
} from './exchange-world.js';

const world = await startExchangeWorld();

async function refuses(fields: FormFields, error = 'invalid_request'): Promise<void> {
  const answer = await world.exchange(fields);
  expect(answer).toMatchObject({ status: 400, body: { error, error_description: expect.any(String) } });
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

describe('the parameters of an exchange (RFC 8693 section 2.1)', () => {
  it.each<[string, FormFields]>([
    ['TX-06 subject_token missing', { subject_token: undefined }],
    ['TX-06 subject_token twice', { subject_token: ['a', 'b'] }],
    ['TX-07 subject_token_type missing', { subject_token_type: undefined }],
    ['TX-07 subject_token_type twice', { subject_token_type: [ACCESS_TOKEN, ACCESS_TOKEN] }],
    ['TX-07 subject_token_type unknown', { subject_token_type: 'urn:example:unknown' }],
    ['X10 a refresh token by its type', { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }],
    ['X10 a SAML assertion by its type', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }],
    ['an AM session where no AM is configured', { subject_token_type: 'urn:mandate:token-type:am-session' }],
    ['TX-11 actor_token without its type', { actor_token: 'a' }],
    ['TX-11 actor_token_type without a token', { actor_token_type: ACCESS_TOKEN }],
    ['actor_token twice', { actor_token: ['a', 'b'], actor_token_type: ACCESS_TOKEN }],
    ['actor_token_type twice', { actor_token: 'a', actor_token_type: [ACCESS_TOKEN, ACCESS_TOKEN] }],
    ['an actor by AM session', { actor_token: 'a', actor_token_type: 'urn:mandate:token-type:am-session' }],
    ['requested_token_type twice', { requested_token_type: ['jwt', 'jwt'] }],
    ['requested_token_type of another kind', { requested_token_type: ID_TOKEN }],
    ['narrow that is neither true nor false', { narrow: 'yes' }],
  ])('refuses %s', async (_name, fields) => {
    await refuses(fields);
  });

  it.each(['ssoktoken', 'sso_token', 'ssotoken'])(
    'names the variable that sessions declared as %s need',
    async (ending) => {
      const { body } = await world.exchange({ subject_token_type: `urn:ietf:params:oauth:token-type:${ending}` });
      expect(body['error']).toBe('invalid_request');
      expect(body['error_description']).toContain('INTROSPECTION_OPENAM_SESSION_URL');
    },
  );

  it.each<[string, FormFields]>([
    ['GR-24 a resource with a fragment', { resource: 'https://images.example.com/#x' }],
    ['GR-24 a resource that is no URI', { resource: '::' }],
    ['a resource with a space', { resource: 'https://images.example.com/ x' }],
    ['an audience with a line break', { resource: undefined, audience: 'a\nb' }],
    ['more than 32 targets', { resource: Array.from({ length: 33 }, (_, at) => `${IMAGES}/${at}`) }],
  ])('invalid_target: %s', async (_name, fields) => {
    await refuses(fields, 'invalid_target');
  });

  it('takes an empty value for an absent one', async () => {
    const answer = await world.exchange({ actor_token: '', actor_token_type: '', scope: '', requested_token_type: '' });
    expect(answer.status).toBe(200);
  });

  it.each(['\n', '\r\n', ' ', '\t'])('T9 refuses a token that ends with %j, and says so', async (end) => {
    const actor = { actor_token: `${world.token({ sub: 'bob' })}${end}`, actor_token_type: ACCESS_TOKEN };
    for (const [name, fields] of Object.entries({
      subject_token: { subject_token: `${world.token()}${end}` },
      actor_token: actor,
    })) {
      const error_description = `Parameter ${name} ends with a line break or a space: send the token alone`;
      const { status, body } = await world.exchange(fields);
      expect({ status, body }).toEqual({ status: 400, body: { error: 'invalid_request', error_description } });
    }
  });

  it('unites repeated scope parameters (IMS)', async () => {
    expect((await world.exchange({ scope: ['read', 'write'] })).body['scope']).toBe('read write');
  });

  it('X16 issues twice for a request repeated, each token its own', async () => {
    const fields = { subject_token: world.token() };
    const [first, second] = [await world.exchange(fields), await world.exchange(fields)];
    expect(issuedClaims(first)['jti']).not.toBe(issuedClaims(second)['jti']);
    expect(issuedClaims(first)['anc']).toEqual(issuedClaims(second)['anc']);
  });

  it('TX-73 takes an empty grant identifier for an absent one', async () => {
    const subject = world.token({ iss: OWN, jti: 'root', authGrantId: '', anc: [] });
    expect(issuedClaims(await world.exchange({ subject_token: subject }))).toMatchObject({
      authGrantId: identifierOf({ iss: OWN, jti: 'root' }),
      anc: [identifierOf({ iss: OWN, jti: 'root' })],
    });
  });
});

describe('the switches', () => {
  const startWith = (env: Record<string, string>) =>
    startExchangeWorld([imagesRule, { patterns: ['plain-name'], audience: 'plain' }], env);

  it('RESOURCE_SYNTAX=uri refuses the plain names that ims accepts', async () => {
    const [ims, uri] = [await startWith({}), await startWith({ RESOURCE_SYNTAX: 'uri' })];
    expect((await ims.exchange({ resource: 'plain-name' })).status).toBe(200);
    const { status, body } = await uri.exchange({ resource: 'plain-name' });
    expect([status, body['error']]).toEqual([400, 'invalid_target']);
  });

  it('TOKEN_TYPE_CHECK=ims takes an ID token declared as access token', async () => {
    const ims = await startWith({ TOKEN_TYPE_CHECK: 'ims' });
    const idToken = ims.token({ client_id: undefined, scope: undefined, nonce: 'n' }, { typ: 'JWT' });
    expect((await ims.exchange({ subject_token: idToken })).status).toBe(200);
  });

  it('TX-47 chaining is on, and ACT_MAX_DEPTH=1 turns it off', async () => {
    const single = await startWith({ ACT_MAX_DEPTH: '1' });
    const claims = { act: { sub: 'agent' }, may_act: { sub: 'bob' } };
    expect((await world.exchange({ subject_token: world.token(claims), ...world.actorFields() })).status).toBe(200);
    expect((await single.exchange({ subject_token: single.token(claims), ...single.actorFields() })).status).toBe(400);
  });

  it('TX-61 verifies a token of the key before, as long as its public half stays in the file', async () => {
    const other = await startWith({});
    const subject_token = other.token({ iss: OWN, jti: 'before' });
    const next = createTestKey('ES256');
    other.writeKeys(next, other.keys.own);
    await until(async () => issuedHeader(await other.exchange({ subject_token }))['kid'] === next.kid);
  });
});
