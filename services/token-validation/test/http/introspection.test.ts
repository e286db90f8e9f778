import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START, createTestKey, signTestParts, signTestToken } from '@mandate/testing';
import { IMAGES, OWN, PATH, USERS, type ValidationWorld, basic, startValidationWorld } from './validation-world.js';

let world: ValidationWorld;
beforeAll(async () => void (world = await startValidationWorld()));
afterAll(() => world.stop());

const INACTIVE = '{"active":false}';

describe('POST /service/introspect', () => {
  it('IN-12 answers a client credentials token whole', async () => {
    const claims = {
      sub: 'app',
      aud: ['app', 'api'],
      scope: 'read write',
      scp: ['read', 'write'],
      cid: 'app',
      iss: OWN,
      jti: 'j',
    };
    const { status, headers, body } = await world.introspect({ token: world.token(claims) });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toEqual({
      active: true,
      iss: OWN,
      sub: 'app',
      aud: ['app', 'api'],
      client_id: 'app',
      scope: 'read write',
      token_type: 'Bearer',
      exp: TEST_START + 600,
      iat: TEST_START,
      jti: 'j',
      scp: ['read', 'write'],
      cid: 'app',
    });
  });

  it('IN-09 forbids caching, of an active answer and of an inactive one', async () => {
    for (const token of [world.token(), 'x']) {
      const { headers } = await world.introspect({ token });
      expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    }
  });

  it('IN-11 shows every caller that may see a token the same of it', async () => {
    const token = world.token();
    const [one, other] = [
      await world.introspect({ token }),
      await world.introspect({ token }, { authorization: basic('rs-images', 'images-secret') }),
    ];
    expect(other.body).toEqual(one.body);
  });

  it('IN-13 answers an exchanged token with its subject and its actor chain', async () => {
    const act = { sub: 'bob', act: { sub: 'carol' } };
    const { body } = await world.introspect({ token: world.token({ act, may_act: { sub: 'dave' } }) });
    expect(body).toMatchObject({ active: true, sub: 'alice', act, may_act: { sub: 'dave' } });
  });

  it('answers times with a fraction as whole numbers, never a later end (RFC 7662 section 2.2)', async () => {
    const times = {
      exp: TEST_START + 600.7,
      iat: TEST_START - 0.3,
      nbf: TEST_START - 9.3,
      auth_time: TEST_START - 0.5,
    };
    const { body } = await world.introspect({ token: world.token(times) });
    expect(body).toMatchObject({
      active: true,
      exp: TEST_START + 600,
      iat: TEST_START - 1,
      nbf: TEST_START - 9,
      auth_time: TEST_START - 1,
    });
    expect((await world.introspect({ token: world.token({ exp: TEST_START + 0.7 }) })).text).toBe(INACTIVE);
  });

  it('takes an optional claim of null for absent, and answers without it', async () => {
    const nulls = { aud: null, nbf: null, scope: null, sub: null, nonce: null, extra: null };
    const { body } = await world.introspect({ token: world.token({ ...nulls, jti: 'j' }) });
    expect(body).toEqual({
      active: true,
      iss: OWN,
      client_id: 'app',
      token_type: 'Bearer',
      exp: TEST_START + 600,
      iat: TEST_START,
      jti: 'j',
    });
  });

  it('IN-22 T18 echoes cnf and says DPoP for a token bound to a DPoP key', async () => {
    const cnf = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };
    expect((await world.introspect({ token: world.token({ cnf }) })).body).toMatchObject({ cnf, token_type: 'DPoP' });
  });

  it('writes an IMS scope array as a string, and is reached under its alias', async () => {
    const body = new URLSearchParams({ token: world.token({ scope: ['a', 'b'] }) });
    const headers = { authorization: basic('rs', 'rs-secret') };
    const answer = await world.send('/oauth2/introspect', { method: 'POST', body, headers });
    expect(answer.body).toMatchObject({ active: true, scope: 'a b' });
  });

  it('accepts a token of a foreign issuer', async () => {
    const { body } = await world.introspect({ token: world.token({ iss: USERS }, { typ: 'JWT' }) });
    expect(body).toMatchObject({ active: true, iss: USERS });
  });

  it.each(['access_token', 'refresh_token', 'openam_sso', 'ssotoken', 'nonsense', ''])(
    'gives the same answer with the hint %j (RFC 7662 section 2.1)',
    async (hint) => {
      const { body } = await world.introspect({ token: world.token(), token_type_hint: hint });
      expect(body).toMatchObject({ active: true, sub: 'alice' });
    },
  );

  it('answers an ID token only with the hint id_token', async () => {
    const idToken = world.token({ iss: USERS, client_id: undefined, scope: undefined, nonce: 'n' }, { typ: 'JWT' });
    expect((await world.introspect({ token: idToken })).text).toBe(INACTIVE);
    const answer = await world.introspect({ token: idToken, token_type_hint: 'id_token' });
    expect(answer.body).toMatchObject({ active: true, sub: 'alice', nonce: 'n' });
  });

  it.each([
    ['an ID token', 'JWT', { nonce: 'n' }],
    ['a logout token', 'logout+jwt', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
    ['a DPoP proof', 'dpop+jwt', { htm: 'POST', htu: 'https://x.example' }],
    ['a client assertion', 'JWT', { sub: 'app', aud: OWN }],
    ['an answer of this endpoint', 'token-introspection+jwt', { token_introspection: { active: true } }],
  ])('IN-20 T17 finds %s inactive, same issuer, same key, valid signature', async (_kind, typ, claims) => {
    const token = world.token({ client_id: undefined, scope: undefined, ...claims }, { typ });
    expect((await world.introspect({ token })).text).toBe(INACTIVE);
  });

  it.each<[string, () => string]>([
    ['an unknown opaque token', () => 'opaque'],
    ['an expired token', () => world.token({ exp: TEST_START })],
    ['T1 alg none', () => world.token({}, { alg: 'none' }).replace(/[^.]*$/, '')],
    ['T3 a zero signature', () => world.token().replace(/[^.]*$/, Buffer.alloc(64).toString('base64url'))],
    [
      'T5 a key in the header',
      () => signTestToken(createTestKey('ES256'), { iss: OWN, exp: TEST_START + 60 }, { jwk: {} }),
    ],
    ['T6 a kid of another world', () => world.token({}, { kid: '../../etc/passwd' })],
    ['T7 crit', () => world.token({}, { crit: ['x'], x: 1 })],
    [
      'T8 a duplicate member',
      () =>
        signTestParts(
          world.keys.own,
          `{"alg":"ES256","kid":"${world.keys.own.kid}"}`,
          `{"iss":"${OWN}","exp":${TEST_START + 60},"sub":"a","sub":"b"}`,
        ),
    ],
    ['T9 padding', () => `${world.token()}=`],
    ['T9 a trailing space', () => `${world.token()} `],
    ['T9 a trailing newline', () => `${world.token()}\n`],
    ['T10 four parts', () => `${world.token()}.AA`],
    ['IN-21 five parts, a JWE', () => 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA'],
    ['T12 no exp', () => world.token({ exp: undefined })],
    ['T13 an iat 61 seconds ahead', () => world.token({ iat: TEST_START + 61 })],
    ['T14 an aud that is no string', () => world.token({ aud: [1] })],
    ['T15 another issuer than its key', () => signTestToken(world.keys.users, { iss: OWN, exp: TEST_START + 60 })],
    [
      'T16 an unregistered issuer',
      () => signTestToken(world.keys.own, { iss: 'http://169.254.169.254', exp: TEST_START + 60 }),
    ],
    ['T20 17,000 characters', () => 'x'.repeat(17_000)],
  ])('says inactive and nothing else to %s (RFC 7662 section 2.2)', async (_kind, makeToken) => {
    const { status, text } = await world.introspect({ token: makeToken() });
    expect({ status, text }).toEqual({ status: 200, text: INACTIVE });
  });

  it('T19 lets no claim of the token stand in for a member of the server', async () => {
    const text = `{"iss":"${OWN}","sub":"alice","exp":${TEST_START + 60},"client_id":"app","active":false,"username":"root","token_type":"mac","__proto__":{"admin":true},"constructor":{"x":1}}`;
    const token = signTestParts(
      world.keys.own,
      JSON.stringify({ alg: 'ES256', kid: world.keys.own.kid, typ: 'at+jwt' }),
      text,
    );
    const { body } = await world.introspect({ token });
    expect(body).toEqual({
      active: true,
      iss: OWN,
      sub: 'alice',
      client_id: 'app',
      token_type: 'Bearer',
      exp: TEST_START + 60,
    });
  });

  it('T21 stays one well-formed JSON answer and one log line each whatever sub is', async () => {
    const sub = 'a\r\n{"level":"error"}\0\u202e\ud800';
    const before = world.logLines.length;
    const { body } = await world.introspect({ token: world.token({ sub, jti: `x\r\n${sub}` }) });
    expect(body['sub']).toBe(sub);
    for (const line of world.logLines.slice(before)) expect(line.trimEnd().split('\n')).toHaveLength(1);
  });

  it('S12 logs who asked and why a token was inactive, and neither the token nor its claims', async () => {
    const token = world.token({ sub: 'canary-subject', exp: TEST_START });
    const before = world.logLines.length;
    await world.introspect({ token });
    const lines = world.logLines.slice(before);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ msg: 'token introspected', client: 'rs', outcome: 'inactive', reason: 'expired' }),
    );
    expect(lines.join()).not.toMatch(/canary-subject|eyJ[\w-]*\.|rs-secret/);
  });
});

describe('IN-10 callers with `resourceServerFor` in their record', () => {
  const images = { authorization: basic('rs-images', 'images-secret') };
  const own = { authorization: basic('rs-own', 'own-secret') };

  it('see tokens for their audiences or for themselves', async () => {
    expect((await world.introspect({ token: world.token() }, images)).body).toMatchObject({ active: true });
    const forItself = world.token({ aud: ['other', 'rs-images'] });
    expect((await world.introspect({ token: forItself }, images)).body).toMatchObject({ active: true });
    expect((await world.introspect({ token: world.token({ aud: 'rs-own' }) }, own)).body).toMatchObject({
      active: true,
    });
  });

  it.each(['https://other.example.com', `${IMAGES}/`, ['a', 'b'], undefined])(
    'see nothing of a token for %j',
    async (aud) => {
      const { status, text } = await world.introspect({ token: world.token({ aud }) }, images);
      expect({ status, text }).toEqual({ status: 200, text: INACTIVE });
      expect((await world.introspect({ token: world.token({ aud }) }, own)).text).toBe(INACTIVE);
    },
  );

  it('are bound by it with a bearer token of ours too, while a foreign client of that name is somebody else', async () => {
    const token = world.token({ aud: 'https://other.example.com' });
    const caller = { client_id: 'rs-images', sub: 'rs-images' };
    expect((await world.introspect({ token }, { authorization: world.bearer(caller) })).text).toBe(INACTIVE);
    const foreign = world.bearer({ ...caller, iss: USERS });
    expect((await world.introspect({ token }, { authorization: foreign })).body).toMatchObject({ active: true });
  });
});

describe('the IMS metric', () => {
  it('counts introspectRequests_total by outcome', async () => {
    const countOf = (text: string, outcome: string): number =>
      Number(new RegExp(`introspectRequests_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
    const before = await world.metricsText();
    await world.introspect({ token: world.token() });
    await world.introspect({ token: 'x' });
    await world.introspect({});
    const after = await world.metricsText();
    expect(
      ['active', 'inactive', 'invalid_request'].map((name) => countOf(after, name) - countOf(before, name)),
    ).toEqual([1, 1, 1]);
  });
});

describe('GET', () => {
  it('IN-08 GR-04 is 405 with Allow, and the token in the URL is not logged', async () => {
    const before = world.logLines.length;
    const { status, headers } = await world.send(`${PATH}?token=canary-token`, { method: 'GET' });
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('POST');
    expect(world.logLines.slice(before).join()).not.toContain('canary-token');
  });
});
