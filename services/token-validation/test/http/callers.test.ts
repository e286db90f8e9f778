import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FIRST_CERTIFICATE, TEST_START } from '@mandate/testing';
import { PATH, USERS, type ValidationWorld, basic, startValidationWorld } from './validation-world.js';

let world: ValidationWorld;
beforeAll(async () => void (world = await startValidationWorld()));
afterAll(() => world.stop());

const challengeOf = ({ headers }: { headers: Headers }): string | null => headers.get('www-authenticate');

describe('who may introspect', () => {
  it('accepts a bearer token with the required scope (IMS)', async () => {
    const { body } = await world.introspect({ token: world.token() }, { authorization: world.bearer() });
    expect(body).toMatchObject({ active: true });
  });

  it('accepts client authentication by header or by form', async () => {
    expect((await world.introspect({ token: world.token() })).body).toMatchObject({ active: true });
    const form = { token: world.token(), client_id: 'rs', client_secret: 'rs-secret' };
    expect((await world.introspect(form, { authorization: '' })).body).toMatchObject({ active: true });
  });

  it('answers no credentials with 401 and a bare challenge (RFC 6750 section 3.1)', async () => {
    const answer = await world.introspect({ token: world.token() }, { authorization: '' });
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toBe('Bearer');
    expect(answer.body).toEqual({ error: 'invalid_client', error_description: 'The caller is not authenticated' });
  });

  it.each([
    ['an expired token', () => world.bearer({ exp: TEST_START })],
    ['garbage', () => 'Bearer garbage'],
    ['a token of an unknown issuer', () => world.bearer({ iss: 'https://evil.example.com' })],
    ['a sender-constrained token', () => world.bearer({ cnf: { jkt: 'x' } })],
  ])('IN-14 answers %s as bearer with 401 invalid_token', async (_kind, authorization) => {
    const answer = await world.introspect({ token: world.token() }, { authorization: authorization() });
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toBe('Bearer error="invalid_token"');
    expect(answer.body).toEqual({ error: 'invalid_token', error_description: 'The bearer token is not valid' });
  });

  it.each([
    ['a wrong secret', basic('rs', 'wrong')],
    ['an unknown client', basic('nobody', 'rs-secret')],
    ['an empty secret', basic('rs', '')],
  ])('IN-02 answers %s with 401 invalid_client, indistinguishably', async (_kind, authorization) => {
    const answer = await world.introspect({ token: world.token() }, { authorization });
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toBe('Basic realm="mandate"');
    expect(answer.body).toEqual({ error: 'invalid_client', error_description: 'Client authentication failed' });
  });

  it('answers a caller without the scope with 403 insufficient_scope, whichever way it authenticated', async () => {
    const bearer = await world.introspect({ token: 'x' }, { authorization: world.bearer({ scope: 'read' }) });
    expect(bearer.status).toBe(403);
    expect(challengeOf(bearer)).toBe('Bearer error="insufficient_scope", scope="introspect"');
    const client = await world.introspect({ token: 'x' }, { authorization: basic('unscoped', 'unscoped-secret') });
    expect(client.status).toBe(403);
    expect(client.body['error']).toBe('insufficient_scope');
  });

  it('C6 refuses a bearer token beside client credentials', async () => {
    const form = { token: world.token(), client_id: 'rs', client_secret: 'rs-secret' };
    const answer = await world.introspect(form, { authorization: world.bearer() });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  it.each(['Bearer', 'bearer', 'BEARER '])(
    'IN-15 lets a token that has the scope be asked about with itself, under the scheme %j',
    async (scheme) => {
      const authorization = world.bearer();
      const token = authorization.slice('Bearer '.length);
      const answer = await world.introspect({ token }, { authorization: `${scheme} ${token}` });
      expect([answer.status, answer.body['active']]).toEqual([200, true]);
    },
  );

  it('C10 never reads credentials or tokens from the query string', async () => {
    const query = `?access_token=${world.bearer().slice(7)}&client_id=rs&client_secret=rs-secret&token=${world.token()}`;
    const answer = await world.send(`${PATH}${query}`, { method: 'POST', body: new URLSearchParams({ token: 'x' }) });
    expect(answer.status).toBe(401);
    const headers = { authorization: basic('rs', 'rs-secret') };
    const missing = await world.send(`${PATH}${query}`, { method: 'POST', body: new URLSearchParams(), headers });
    expect([missing.status, missing.body['error']]).toEqual([400, 'invalid_request']);
    expect(world.logLines.join()).not.toMatch(/rs-secret|eyJ[\w-]*\./);
  });

  it('accepts a bearer token of a foreign issuer', async () => {
    const authorization = world.bearer({ iss: USERS });
    expect((await world.introspect({ token: world.token() }, { authorization })).body).toMatchObject({ active: true });
  });
});

describe('the form', () => {
  const send = (body: string | Buffer, type: string): ReturnType<ValidationWorld['send']> => {
    const headers = { authorization: basic('rs', 'rs-secret'), 'content-type': type };
    return world.send(PATH, { method: 'POST', body, headers });
  };
  const FORM = 'application/x-www-form-urlencoded';

  it.each([
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['GR-05 the token twice', { token: ['a', 'b'] }],
    ['GR-05 the same token twice', { token: ['a', 'a'] }],
    ['GR-05 the hint twice', { token: 'a', token_type_hint: ['id_token', 'access_token'] }],
  ])('answers %s with 400 invalid_request', async (_kind, fields) => {
    const answer = await world.introspect(fields);
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('GR-10 GR-18 ignores unknown parameters, brackets and __proto__', async () => {
    const fields = {
      token: world.token(),
      foo: 'bar',
      '__proto__[x]': '1',
      'constructor[prototype][x]': '1',
      'token[0]': 'y',
    };
    expect((await world.introspect(fields)).body).toMatchObject({ active: true });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    `${FORM}; charset=iso-8859-2`,
    `${FORM}; charset=nonsense`,
  ])('GR-12 GR-13 GR-14 answers the content type %s with 415', async (type) => {
    const answer = await send(`token=${world.token()}`, type);
    expect([answer.status, answer.body['error']]).toEqual([415, 'invalid_request']);
  });

  it('GR-14 accepts charset=utf-8', async () => {
    expect((await send(`token=${world.token()}`, `${FORM}; charset=UTF-8`)).body).toMatchObject({ active: true });
  });

  it('GR-16 answers a body beyond 64 KiB with 413', async () => {
    const answer = await send(`token=${'x'.repeat(65_536)}`, FORM);
    expect([answer.status, answer.body['error']]).toEqual([413, 'invalid_request']);
  });

  it('H3 answers broken escapes and invalid UTF-8 with 400', async () => {
    expect((await send('token=%zz', FORM)).status).toBe(400);
    expect((await send('token=%ff', FORM)).status).toBe(400);
    expect((await send(Buffer.from([0x74, 0x3d, 0xff]), FORM)).status).toBe(400);
  });
});

describe('a bearer token that is bound to a certificate (RFC 8705 section 3)', () => {
  const thumbprint = createHash('sha256').update(Buffer.from(FIRST_CERTIFICATE, 'base64')).digest('base64url');
  let proxiedWorld: ValidationWorld;
  beforeAll(async () => {
    const env = { TRUSTED_PROXIES: '127.0.0.1,::1', CLIENT_CERTIFICATE_HEADER: 'Client-Cert' };
    proxiedWorld = await startValidationWorld(env);
  });
  afterAll(() => proxiedWorld.stop());

  it.each(['introspect', 'revoke'] as const)('calls %s with its certificate, and not without', async (endpoint) => {
    const boundClaims = { client_id: 'app', scope: 'introspect revoke', cnf: { 'x5t#S256': thumbprint } };
    const authorization = proxiedWorld.bearer(boundClaims);
    const ask = (headers: object) =>
      proxiedWorld[endpoint]({ token: proxiedWorld.token() }, { authorization, ...headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ 'Client-Cert': `:${FIRST_CERTIFICATE}:` })).status).toBe(200);
  });
});
