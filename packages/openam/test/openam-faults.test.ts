import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { fetchHttpClient, fixedClock, spellingsOfSession, TEST_START } from '@mandate/testing';
import { createOpenamIntrospector, createOpenamSessionVerifier } from '../src/index.js';
import { foreignJwt, introspectorAt, sessionsAt, standInWithAlice } from './openam-world.js';
import { realmContains, realmOfUrl } from '../src/openam-realm.js';

let am: Awaited<ReturnType<typeof standInWithAlice>>;
beforeEach(async () => {
  am = await standInWithAlice();
});
afterEach(() => am.close());

const answerWith = (endpoint: string, body: string, status = 200): void =>
  am.am.answer(endpoint, (_request, response) => response.writeHead(status).end(body));
const calls = (): (string | undefined)[] => am.am.requests.map(({ action, path }) => action ?? path.split('/').at(-1));

describe('introspection at an AM that answers oddly', () => {
  it.each([
    [''],
    ['null'],
    ['[]'],
    ['{}'],
    ['{"active":"true"}'],
    ['{"active":true'],
    ['<html>'],
    ['{"active":true}', 500],
    ['{"active":true}', 302],
    ['{"error":"server_error"}', 400],
  ] as [string, number?][])('%s with status %s is a failure', async (body, status = 200) => {
    answerWith('introspect', body, status);
    const introspector = introspectorAt(am.url);
    await expect(introspector.introspect(am.accessToken)).rejects.toMatchObject({ dependency: 'openam' });
  });

  it.each([
    '',
    'null',
    '{}',
    '{"valid":"true"}',
    '{"valid":true}',
    '{"valid":true,"uid":"alice"}',
    '{"valid":true,"uid":"","realm":"/"}',
    '{"valid":true,"uid":["alice"],"realm":"/"}',
    '[{"valid":false}]',
  ])('a session answer %s is a failure', async (body) => {
    answerWith('validate', body);
    await expect(sessionsAt(am.url).validate('AQIC5*')).rejects.toMatchObject({ dependency: 'openam' });
  });

  it('T19 no name in an answer is special, and active is not taken over', async () => {
    answerWith(
      'introspect',
      `{"active":true,"sub":"alice","exp":${TEST_START + 60},"__proto__":{"admin":true},"constructor":"x"}`,
    );
    const answer = await introspectorAt(am.url).introspect(am.accessToken);
    if (answer.outcome !== 'active') throw new Error(answer.outcome);
    expect(Object.getPrototypeOf(answer.claims)).toBeNull();
    expect(answer.claims['admin']).toBeUndefined();
    expect((await introspectorAt(am.url).introspect(am.idToken, 'id_token')) as object).not.toHaveProperty(
      'claims.active',
    );
  });

  const claims = { active: true, sub: 'alice', exp: TEST_START + 60 };
  it.each([
    ['exp has passed', { exp: TEST_START }, 'expired'],
    ['exp is absent', { exp: undefined }, 'no_expiry'],
    ['nbf is to come', { nbf: TEST_START + 31 }, 'not_yet_valid'],
    ['iat is to come', { iat: TEST_START + 31 }, 'issued_in_future'],
  ])('calls a token inactive that AM calls active where %s', async (_name, members, reason) => {
    answerWith('introspect', JSON.stringify({ ...claims, ...members }));
    answerWith('idtokeninfo', JSON.stringify({ ...claims, realm: '/', ...members }));
    const introspector = introspectorAt(am.url);
    expect(await introspector.introspect(am.accessToken)).toEqual({ outcome: 'inactive', reason });
    expect(await introspector.introspect(am.idToken, 'id_token')).toEqual({ outcome: 'inactive', reason });
  });

  it.each([
    ['exp is a word', { exp: 'never' }],
    ['exp is null', { exp: null }],
    ['aud is a number', { aud: 7 }],
    ['scope is an object', { scope: {} }],
    ['the issuer is another', { iss: 'https://elsewhere.example/openam/oauth2' }],
    ['the issuer only begins alike', { iss: 'SERVICEx' }],
    ['the issuer is a list', { iss: ['SERVICE'] }],
  ])('fails, and gives no verdict, where %s', async (_name, members) => {
    const body = JSON.stringify({ ...claims, realm: '/', ...members }).replace('SERVICE', `${am.url}/oauth2`);
    answerWith('introspect', body);
    answerWith('idtokeninfo', body);
    const introspector = introspectorAt(am.url);
    await expect(introspector.introspect(am.accessToken)).rejects.toMatchObject({ dependency: 'openam' });
    await expect(introspector.introspect(am.idToken, 'id_token')).rejects.toMatchObject({ dependency: 'openam' });
  });

  it('fails where an answer contradicts the JWT that it is about', async () => {
    const token = foreignJwt({ alg: 'RS256' }, { sub: 'alice', iss: `${am.url}/oauth2`, jti: 'a' });
    const introspector = introspectorAt(am.url);
    for (const difference of [{ sub: 'bob' }, { jti: 'b' }, { iss: `${am.url}/oauth2/realms/root` }]) {
      answerWith('introspect', JSON.stringify({ ...claims, ...difference }));
      await expect(introspector.introspect(token)).rejects.toMatchObject({ failure: 'malformed' });
    }
    answerWith('introspect', JSON.stringify({ ...claims, jti: 'a', iss: `${am.url}/oauth2` }));
    expect((await introspector.introspect(token)).outcome).toBe('active');
  });

  it('takes any realm of the OAuth2 service that is asked for the issuer, or exactly the configured one', async () => {
    const outcome = async (iss: string, issuer?: string): Promise<string> => {
      answerWith('introspect', JSON.stringify({ ...claims, iss }));
      const introspector = introspectorAt(am.url, issuer === undefined ? {} : { issuer });
      return introspector.introspect(am.accessToken).then(
        (answer) => answer.outcome,
        (error: unknown) => (error instanceof UpstreamError ? error.failure : String(error)),
      );
    };
    const service = `${am.url}/oauth2`;
    const otherIssuer = 'https://login.example/am/oauth2';
    expect(await outcome(`${service}/realms/root/realms/a`)).toBe('active');
    expect(await outcome(otherIssuer)).toBe('refused');
    expect(await outcome(otherIssuer, otherIssuer)).toBe('active');
    expect(await outcome(service, otherIssuer)).toBe('refused');
  });

  it('answers times as whole numbers, and leaves out what is null', async () => {
    const times = { exp: TEST_START + 60.9, iat: TEST_START - 1.5, nbf: TEST_START - 1.5, scope: null };
    answerWith('introspect', JSON.stringify({ ...claims, ...times }));
    const answer = await introspectorAt(am.url).introspect(am.accessToken);
    expect(answer).toEqual({
      outcome: 'active',
      claims: { sub: 'alice', exp: TEST_START + 60, iat: TEST_START - 2, nbf: TEST_START - 1 },
    });
  });

  it('one question that fails leaves the other; without an active answer it is a failure', async () => {
    answerWith('introspect', '', 500);
    const introspector = introspectorAt(am.url);
    expect((await introspector.introspect(await am.session('alice'))).outcome).toBe('active');
    await expect(introspector.introspect('AQIC5unknown*')).rejects.toMatchObject({ failure: 'status' });
  });

  it('T5 T20 sends AM nothing that cannot be its own', async () => {
    const introspector = introspectorAt(am.url);
    for (const text of ['a b', 'é', 'x\r\ny: z', 'x'.repeat(6_001), '"', foreignJwt({ alg: 'ES256', typ: 'at+jwt' })]) {
      expect(await introspector.introspect(text)).toEqual({ outcome: 'not_mine' });
    }
    expect(calls()).toEqual([]);
  });

  it('asks in the order of the hint, AM always for an access token', async () => {
    const introspector = introspectorAt(am.url);
    await introspector.introspect('unknown', 'id_token');
    await introspector.introspect('unknown', 'openam_sso');
    expect(calls()).toEqual(['introspect', 'validate', 'validate', 'introspect']);
    expect(am.am.requests[0]?.body).toBe('token=unknown&token_type_hint=access_token');
    expect(am.am.requests[1]).toMatchObject({
      body: '',
      headers: { iplanetdirectorypro: 'unknown', 'accept-api-version': 'resource=1.1' },
    });
  });

  it('asks only where it is configured to', async () => {
    const introspector = createOpenamIntrospector({ http: fetchHttpClient(), clock: fixedClock() });
    for (const token of ['opaque', foreignJwt({ alg: 'RS256' }), am.idToken]) {
      expect(await introspector.introspect(token, 'id_token')).toEqual({ outcome: 'not_mine' });
    }
  });
});

describe('sessions in the form body, AM 5.5 and later', () => {
  beforeEach(() => am.am.sessionApi('body'));

  it('judges the token in the body, with a session of our own and one login', async () => {
    const sessions = sessionsAt(am.url, { form: 'body' });
    const token = await am.session('alice');
    expect(await Promise.all([sessions.validate(token), sessions.validate(token)])).toMatchObject([
      { uid: 'alice', realm: '/', sessionUid: 's-alice' },
      { uid: 'alice' },
    ]);
    expect(await sessions.validate('AQIC5garbage*')).toBeUndefined();
    expect(calls().filter((name) => name === 'authenticate')).toHaveLength(1);
    am.am.endAllSessions();
    expect(await sessions.validate(token)).toBeUndefined();
    expect(calls().filter((name) => name === 'authenticate')).toHaveLength(2);
  });

  it('an answer without sessionUid may be about our own session: a failure', async () => {
    answerWith('validate', '{"valid":true,"uid":"policy","realm":"/"}');
    const sessions = sessionsAt(am.url, { form: 'body' });
    await expect(sessions.validate('AQIC5garbage*')).rejects.toMatchObject({ failure: 'malformed' });
  });
});

describe('createOpenamSessionVerifier', () => {
  const verifier = () =>
    createOpenamSessionVerifier({ sessions: sessionsAt(am.url), clock: fixedClock(), lifetimeSeconds: 300 });

  it('names the owner by AM and realm, in lower case, and believes the session nothing else', async () => {
    const result = await verifier().verify(await am.session('ALICE'));
    expect(result).toMatchObject({
      ok: true,
      token: {
        kind: 'am_session',
        issuer: `${am.url}/realms/root`,
        subject: 'alice',
        audience: [],
        expiresAt: TEST_START + 300,
        id: expect.stringMatching(/^sha256:/),
        clientId: undefined,
        trust: { own: false, mayAssertMayAct: false, mayAssertAct: false, allowIdTokens: false },
      },
    });
    expect(JSON.stringify(result)).not.toContain('AQIC');
  });

  it('X3 does not outlive the session', async () => {
    answerWith('getTimeLeft', '{"maxtime":42}');
    expect(await verifier().verify(await am.session('alice'))).toMatchObject({ token: { expiresAt: TEST_START + 42 } });
    answerWith('getTimeLeft', '{"maxtime":0}');
    expect(await verifier().verify(await am.session('alice'))).toEqual({ ok: false, reason: 'expired' });
    answerWith('getTimeLeft', '{}');
    await expect(verifier().verify(await am.session('alice'))).rejects.toMatchObject({ failure: 'malformed' });
  });

  it('gives a stateless session one identifier, however it is spelled', async () => {
    answerWith('validate', '{"valid":true,"uid":"alice","realm":"/"}');
    answerWith('getTimeLeft', '{"maxtime":42}');
    const idOf = async (session: string) => {
      const result = await verifier().verify(session);
      return result.ok ? result.token.id : result.reason;
    };
    const idsOf = async (jwt: string) => new Set(await Promise.all(spellingsOfSession(jwt).map(idOf)));
    const header = 'eyJhbGciOiJub25lIn0';
    const sessions = [`${header}.YWxpY2U.AA`, `${header}.Ym9i.AA`, `${header}..aXY.Y2lwaGVyIA.AA`];
    const ids = await Promise.all(sessions.map(idsOf));
    expect(ids.map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(new Set(ids.flatMap((id) => [...id])).size).toBe(3);
    expect(await idOf('AQIC5w-1.*AAJTSQACMDEAAlNL*')).not.toBe(await idOf('AQIC5w-2.*AAJTSQACMDEAAlNL*'));
  });

  it('refuses what is no session', async () => {
    expect(await verifier().verify('AQIC5unknown*')).toEqual({ ok: false, reason: 'no_session' });
    expect(await verifier().verify('not a session')).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe('realms', () => {
  it.each([
    ['https://am/openam/json/sessions', undefined],
    ['https://am/openam/json/realms/root/sessions', '/'],
    ['https://am/openam/json/realms/root/realms/a/realms/B/policies', '/a/b'],
    ['https://am/openam/json/a/policies', '/a'],
    ['https://am/json/sessions?realm=/A/b/', '/a/b'],
    ['https://am/openam/oauth2/realms/root/realms/a%20b/introspect', '/a b'],
    ['https://am/openam/oauth2/introspect', undefined],
  ])('%s names %s', (url, realm) => {
    expect(realmOfUrl(url)).toBe(realm);
  });

  it('a realm has those below it, and no other', () => {
    expect(realmContains('/', '/a')).toBe(true);
    expect(realmContains('/a', '/a/b')).toBe(true);
    expect(realmContains('/a', '/ab')).toBe(false);
    expect(realmContains('/a/b', '/a')).toBe(false);
  });
});
