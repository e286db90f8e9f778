import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { type Authentication, FORM, GRANT, ISSUER, outcome, startAuthentication } from './start-authentication.js';

let service: Authentication;
beforeAll(async () => {
  service = await startAuthentication({ TOKEN_SUPPORTED_ADDITIONAL_CLAIMS: 'tenant,sub,iss,exp,constructor,absent' });
});
afterAll(() => service.stop());

async function verify(token: unknown) {
  const keys = createLocalJWKSet({ keys: [service.key.publicJwk] });
  const currentDate = new Date(TEST_START * 1000);
  return jwtVerify(String(token), keys, { issuer: ISSUER, typ: 'at+jwt', currentDate });
}

describe('a token response', () => {
  it('RFC 6749 5.1 has the token, its type, lifetime and scope, and is never stored', async () => {
    const { status, headers, body } = await service.post({ ...GRANT, scope: 'read' }, { basic: 'c-basic:secret' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(Object.keys(body)).toEqual(['access_token', 'token_type', 'expires_in', 'scope']);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'read' });
  });

  it('carries a token of type JWT with TOKEN_TYP=JWT, for libraries that know no at+jwt', async () => {
    const other = await startAuthentication({ TOKEN_TYP: 'JWT' });
    const { body } = await other.post(GRANT, { basic: 'c-basic:secret' });
    expect(decodeProtectedHeader(String(body['access_token'])).typ).toBe('JWT');
    await other.stop();
  });

  it('RFC 9068 2.1 carries a token of type at+jwt signed with the published key', async () => {
    const { body } = await service.post(GRANT, { basic: 'c-basic:secret' });
    const { payload } = await verify(body['access_token']);
    expect(decodeProtectedHeader(String(body['access_token']))).toEqual({
      alg: 'ES256',
      kid: service.key.kid,
      typ: 'at+jwt',
    });
    expect(payload).toEqual({
      iss: ISSUER,
      sub: 'c-basic',
      aud: 'c-basic',
      client_id: 'c-basic',
      cid: 'c-basic',
      iat: TEST_START,
      nbf: TEST_START,
      auth_time: TEST_START,
      exp: TEST_START + 3600,
      scope: 'read write',
      scp: ['read', 'write'],
      tokenName: 'access_token',
      token_type: 'Bearer',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      auditTrackingId: expect.any(String),
      authGrantId: expect.any(String),
    });
  });

  it('grants all scopes of the client when none is asked, and says so', async () => {
    const { body } = await service.post(GRANT, { basic: 'c-basic:secret' });
    expect(body['scope']).toBe('read write');
  });

  it('GR-09 does not depend on the order of scopes', async () => {
    const one = await service.post({ ...GRANT, scope: 'read write' }, { basic: 'c-basic:secret' });
    const two = await service.post({ ...GRANT, scope: 'write read' }, { basic: 'c-basic:secret' });
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(String(two.body['scope']).split(' ').sort()).toEqual(String(one.body['scope']).split(' ').sort());
  });

  it("takes lifetime, attributes and audiences from the client's record; attributes never override a claim", async () => {
    const { body } = await service.post(GRANT, { basic: 'c-any:secret' });
    expect(body['expires_in']).toBe(120);
    const { payload } = await verify(body['access_token']);
    expect(payload).toMatchObject({ tenant: 'blue', sub: 'c-any', iss: ISSUER, exp: TEST_START + 120 });
    expect(payload).not.toHaveProperty('hidden');
    expect(Object.hasOwn(payload, 'constructor')).toBe(false);
    const audience = await service.post(GRANT, { basic: 'c-audience:secret' });
    expect((await verify(audience.body['access_token'])).payload.aud).toEqual([
      'https://api.example.com',
      'c-audience',
    ]);
  });

  it('has a new identifier every time', async () => {
    const tokens = await Promise.all([1, 2, 3].map(() => service.post(GRANT, { basic: 'c-basic:secret' })));
    const ids = await Promise.all(tokens.map(async ({ body }) => (await verify(body['access_token'])).payload.jti));
    expect(new Set(ids).size).toBe(3);
  });

  it('is the same at the alias /oauth2/token', async () => {
    expect((await service.post(GRANT, { path: '/oauth2/token', basic: 'c-basic:secret' })).status).toBe(200);
  });

  it('leaves scope out for a client without scopes', async () => {
    const { status, body } = await service.post(GRANT, {
      basic: 'an%3Aidentifier:some+secure+%26+non-standard+secret',
    });
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('scope');
    expect((await verify(body['access_token'])).payload).not.toHaveProperty('scope');
  });
});

describe('a refusal', () => {
  const outcomeOf = async (form: Record<string, string> | string) =>
    outcome(await service.post(form, { basic: 'c-basic:secret' }));

  it('RFC 6749 5.2 unsupported_grant_type for any other grant, invalid_request for none', async () => {
    for (const grant of ['password', 'refresh_token', 'CLIENT_CREDENTIALS', 'client_credentials ', '__proto__']) {
      expect(await outcomeOf({ grant_type: grant })).toEqual([400, 'unsupported_grant_type']);
    }
    expect(await outcomeOf('')).toEqual([400, 'invalid_request']);
    expect(await outcomeOf('grant_type=')).toEqual([400, 'invalid_request']);
  });

  it('RFC 6749 5.2 unauthorized_client for a grant the client may not use', async () => {
    const answer = await service.post(GRANT, { basic: 'c-other-grant:secret' });
    expect(outcome(answer)).toEqual([400, 'unauthorized_client']);
  });

  it('RFC 6749 5.2 invalid_scope for a scope beyond the client, also as one of several', async () => {
    expect(await outcomeOf({ ...GRANT, scope: 'admin' })).toEqual([400, 'invalid_scope']);
    expect(await outcomeOf({ ...GRANT, scope: 'read admin' })).toEqual([400, 'invalid_scope']);
    expect(await outcomeOf({ ...GRANT, scope: 'READ' })).toEqual([400, 'invalid_scope']);
  });

  it.each(['api:read%0Ainjected', 'read%22', 'read%5C', 'r%C3%A9ad', 'read%00', 'read%09write'])(
    'GR-08 invalid_scope for %s',
    async (scope) => {
      expect(await outcomeOf(`grant_type=client_credentials&scope=${scope}`)).toEqual([400, 'invalid_scope']);
    },
  );

  it('GR-02 GR-05 H1 invalid_request for any repeated parameter', async () => {
    const post = 'client_id=c-post&client_secret=secret';
    const repetitions = [
      'grant_type=client_credentials&grant_type=client_credentials',
      'grant_type=client_credentials&scope=read&scope=read',
      'grant_type=client_credentials&client_id=c-basic&client_id=c-basic',
    ];
    for (const form of repetitions) expect(await outcomeOf(form)).toEqual([400, 'invalid_request']);
    for (const twice of [`${post}&client_id=c-post`, `${post}&client_secret=secret`]) {
      const answer = await service.post(`grant_type=client_credentials&${twice}`);
      expect(outcome(answer)).toEqual([400, 'invalid_request']);
    }
  });

  it('GR-18 is not given for unknown parameters or an empty scope', async () => {
    expect(await outcomeOf({ ...GRANT, foo: 'bar', scope: '' })).toEqual([200, undefined]);
  });

  it('GR-10 H2 ignores bracket and prototype names, and the next request is clean', async () => {
    const form = 'grant_type=client_credentials&scope[0][foo]=bar&__proto__[scope]=admin&constructor[prototype][x]=1';
    expect(await outcomeOf(form)).toEqual([200, undefined]);
    const { body } = await service.post(GRANT, { basic: 'c-basic:secret' });
    expect(body['scope']).toBe('read write');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('GR-23 has no-store, JSON, and only the allowed characters in its description', async () => {
    const answers = await Promise.all([
      service.post('', { basic: 'c-basic:secret' }),
      service.post(GRANT),
      service.post({ ...GRANT, scope: '"\\é' }, { basic: 'c-basic:secret' }),
      service.post('{}', { headers: { 'Content-Type': 'application/json' } }),
      service.post(GRANT, { path: '/nowhere' }),
      service.post('a'.repeat(70_000)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 400, 415, 404, 413]);
    for (const { headers, body } of answers) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(Object.keys(body)).toEqual(['error', 'error_description']);
      expect(String(body['error_description'])).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    }
  });
});

describe('the form', () => {
  it('GR-04 is not read from GET: 405 with Allow', async () => {
    const response = await fetch(`${service.publicUrl}/service/access_token?grant_type=client_credentials`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each(['application/json', 'multipart/form-data; boundary=x', 'text/plain'])(
    'GR-12 GR-13 is refused as %s',
    async (type) => {
      const form = 'grant_type=client_credentials';
      const answer = await service.post(form, { basic: 'c-basic:secret', headers: { 'Content-Type': type } });
      expect(outcome(answer)).toEqual([415, 'invalid_request']);
    },
  );

  it('GR-14 is UTF-8 or refused', async () => {
    const ask = async (charset: string) => {
      const headers = { 'Content-Type': `${FORM}; charset=${charset}` };
      return (await service.post(GRANT, { basic: 'c-basic:secret', headers })).status;
    };
    expect(await ask('utf-8')).toBe(200);
    for (const charset of ['not-a-real-charset', 'iso-8859-2', 'shift_jis', 'utf-16le'])
      expect(await ask(charset)).toBe(415);
  });

  it('GR-16 may have 64 KiB and not one byte more', async () => {
    const form = (size: number) => `grant_type=client_credentials&x=${'x'.repeat(size - 32)}`;
    expect((await service.post(form(65_536), { basic: 'c-basic:secret' })).status).toBe(200);
    expect((await service.post(form(65_537), { basic: 'c-basic:secret' })).status).toBe(413);
  });

  it('GR-21 with 10,000 parameters is refused with 400', async () => {
    const form = `grant_type=client_credentials${'&a=b'.repeat(10_000)}`;
    expect((await service.post(form, { basic: 'c-basic:secret' })).status).toBe(400);
  });

  it('IMS: the grant and scope may come in the query, with a multipart type without boundary and an empty body', async () => {
    const path = '/service/access_token?grant_type=client_credentials&scope=read';
    const headers = { 'Content-Type': 'multipart/form-data' };
    const { status, body } = await service.post('', { path, headers, basic: 'c-basic:secret' });
    expect([status, body['scope']]).toEqual([200, 'read']);
  });

  it('IMS: the grant may come in the query beside a form of the rest', async () => {
    const path = '/service/access_token?grant_type=client_credentials';
    const { status } = await service.post({ client_id: 'c-post', client_secret: 'secret' }, { path });
    expect(status).toBe(200);
  });

  it('C10 never takes credentials from the query, and logs none', async () => {
    const path = '/service/access_token?grant_type=client_credentials&client_id=c-post&client_secret=canary';
    expect((await service.post('', { path })).status).toBe(401);
    expect(service.logLines.join('')).not.toContain('canary');
  });

  it('GR-02 refuses a grant in both places', async () => {
    const path = '/service/access_token?grant_type=client_credentials';
    expect((await service.post(GRANT, { path, basic: 'c-basic:secret' })).status).toBe(400);
  });
});

describe('a token that would be accepted nowhere', () => {
  const attributes: [string, unknown, RegExp][] = [
    ['too large by an attribute', 'x'.repeat(13_000), /larger than is accepted.*fewer scopes/],
    ['with an azp that is no name', { a: 1 }, /^The token would have a claim/],
  ];
  it.each(attributes)('%s is not issued: 400 with a reason', async (_name, azp, reason) => {
    const clients = [{ clientId: 'c', clientSecret: 'secret', scopes: ['read'], attributes: { azp } }];
    const other = await startAuthentication({ TOKEN_SUPPORTED_ADDITIONAL_CLAIMS: 'azp' }, { clients });
    const { status, body } = await other.post(GRANT, { basic: 'c:secret' });
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request' });
    expect(body['error_description']).toMatch(reason);
    expect(other.logLines.join('')).not.toContain('"msg":"token issued"');
    await other.stop();
  });

  it('of too many scopes is not issued, and of fewer it is', async () => {
    const scopes = Array.from({ length: 500 }, (_, index) => `scope-${index}-of-many`);
    const other = await startAuthentication({}, { clients: [{ clientId: 'c', clientSecret: 'secret', scopes }] });
    const all = await other.post(GRANT, { basic: 'c:secret' });
    expect(all).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const some = await other.post({ ...GRANT, scope: scopes.slice(0, 100).join(' ') }, { basic: 'c:secret' });
    expect(some.status).toBe(200);
    await other.stop();
  });
});

describe('what is written down', () => {
  it('S5 names the client and the token id, and carries no token or secret', async () => {
    const { body } = await service.post(GRANT, { basic: 'c-basic:secret' });
    const { payload } = await verify(body['access_token']);
    const log = service.logLines.join('');
    const identity = JSON.stringify([payload.iss, payload.jti]);
    const tokenId = createHash('sha256').update(identity).digest('base64url');
    expect(log).toContain(`"tokenId":"sha256:${tokenId}"`);
    expect(log).toContain('"client":"c-basic"');
    expect(log).not.toContain(String(body['access_token']).split('.')[2]);
    expect(log).not.toContain('c2VjcmV0');
  });

  it('S6 counts requests by grant and outcome', async () => {
    await service.post({ ...GRANT, scope: 'admin' }, { basic: 'c-basic:secret' });
    const text = await service.metricsText();
    expect(text).toMatch(/token_requests_total\{grant_type="client_credentials",outcome="issued"\} \d/);
    expect(text).toMatch(/token_requests_total\{grant_type="client_credentials",outcome="invalid_scope"\} \d/);
  });
});
