import { describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { own, verdict, tokenOf, verifier, verifierFor, withClaims, withTyp } from '../verifier-fixture.js';

describe('createTokenVerifier, type and claims', () => {
  it.each([
    ['no exp', undefined, 'no_expiry'],
    ['a string', '1900000000', 'bad_claim'],
    ['null', null, 'bad_claim'],
    ['1e308', 1e308, 'bad_claim'],
    ['milliseconds', (TEST_START + 60) * 1000, 'bad_claim'],
    ['negative', -1, 'bad_claim'],
    ['past', TEST_START - 1, 'expired'],
    ['now', TEST_START, 'expired'],
    ['zero', 0, 'expired'],
    ['an array', [TEST_START + 60], 'bad_claim'],
    ['within a second', TEST_START + 0.5, 'expired'],
    ['a second and a half away', TEST_START + 1.5, 'ok'],
  ])('T12 judges exp %s', async (_kind, exp, expected) => {
    expect(await verdict(withClaims({ exp }))).toBe(expected);
  });

  it('T12 caps the remaining lifetime of foreign tokens at 24 hours, or as the issuer is configured', async () => {
    const long = withClaims({ exp: TEST_START + 86_401 });
    expect(await verdict(long)).toBe('lifetime_too_long');
    expect(await verdict(withClaims({ exp: TEST_START + 86_400 }))).toBe('ok');
    expect(await verdict(long, verifierFor({ maxLifetimeSeconds: 90_000 }))).toBe('ok');
    expect(await verdict(withClaims({ exp: TEST_START + 61 }), verifierFor({ maxLifetimeSeconds: 60 }))).toBe(
      'lifetime_too_long',
    );
    expect(await verdict(withClaims({ exp: 253_402_300_799 }), own)).toBe('ok');
    expect(await verdict(withClaims({ exp: 253_402_300_800 }), own)).toBe('bad_claim');
  });

  it.each([
    [{ nbf: TEST_START + 8 }, 'ok'],
    [{ nbf: TEST_START + 30 }, 'ok'],
    [{ nbf: TEST_START + 31 }, 'not_yet_valid'],
    [{ nbf: TEST_START + 61 }, 'not_yet_valid'],
    [{ nbf: String(TEST_START) }, 'bad_claim'],
    [{ nbf: TEST_START + 29.5 }, 'ok'],
    [{ nbf: TEST_START + 30.5 }, 'not_yet_valid'],
    [{ iat: TEST_START + 8 }, 'ok'],
    [{ iat: TEST_START + 31 }, 'issued_in_future'],
    [{ iat: TEST_START + 61 }, 'issued_in_future'],
    [{ iat: '1' }, 'bad_claim'],
    [{ iat: -1 }, 'bad_claim'],
  ])('T13 judges %j with a skew of 30 seconds', async (members, expected) => {
    expect(await verdict(withClaims(members))).toBe(expected);
  });

  it.each([
    ['https://api.example', 'ok'],
    [['other', 'https://api.example'], 'ok'],
    [undefined, 'wrong_audience'],
    ['', 'wrong_audience'],
    [[], 'wrong_audience'],
    ['https://api.example/', 'wrong_audience'],
    ['https://API.example', 'wrong_audience'],
    ['https://api.exampl', 'wrong_audience'],
    ['https://api.example x', 'wrong_audience'],
    [[['https://api.example']], 'bad_claim'],
    [['https://api.example', 1], 'bad_claim'],
    [{ '0': 'https://api.example' }, 'bad_claim'],
    [null, 'wrong_audience'],
    [5, 'bad_claim'],
  ])('T14 matches aud %j exactly (RFC 8725 section 3.9)', async (aud, expected) => {
    expect(await verdict(withClaims({ aud }), verifierFor({ audience: ['https://api.example'] }))).toBe(expected);
  });

  it.each([
    'logout+jwt',
    'dpop+jwt',
    'token-introspection+jwt',
    'oauth-authz-req+jwt',
    'client-authentication+jwt',
    'secevent+jwt',
    'JOSE',
    '',
    'at+jwt ',
  ])('T17 refuses typ %j at any issuer (RFC 8725 section 3.11)', async (typ) => {
    expect(await verdict(withTyp(typ))).toBe('wrong_type');
    expect(await verdict(withTyp(typ), own)).toBe('wrong_type');
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])(
    'accepts typ %j of a foreign issuer',
    async (typ) => {
      expect(await verdict(withTyp(typ))).toBe('ok');
    },
  );

  it.each([undefined, 'JWT'])('T17 requires at+jwt of our own issuer, refuses %j (RFC 9068 section 4)', async (typ) => {
    expect(await verdict(withTyp(typ, { client_id: 'app' }), own)).toBe('wrong_type');
    expect(await verdict(withTyp(typ, { nonce: 'n' }), own)).toBe('wrong_type');
    expect(await verdict(withTyp(typ, { nonce: 'n' }), verifierFor({ own: true, allowIdTokens: true }))).toBe('ok');
  });

  it('T17 refuses a token with events at any issuer (OpenID Connect Back-Channel Logout section 2.4)', async () => {
    expect(await verdict(withTyp('JWT', { events: {} }))).toBe('wrong_type');
    expect(await verdict(withTyp('at+jwt', { events: null }), own)).toBe('wrong_type');
  });

  it.each([
    ['at+jwt', {}, 'access_token'],
    ['JWT', { client_id: 'c' }, 'access_token'],
    ['JWT', { scope: '', nonce: 'n' }, 'access_token'],
    ['JWT', { scp: [] }, 'access_token'],
    ['JWT', { nonce: 'n' }, 'id_token'],
    ['JWT', { at_hash: 'h' }, 'id_token'],
    [undefined, { c_hash: 'h' }, 'id_token'],
    ['JWT', { azp: 'app', aud: 'app' }, 'id_token'],
    ['JWT', { azp: 'app', aud: ['api', 'app'] }, 'id_token'],
    ['JWT', { azp: 'app', aud: 'api' }, 'access_token'],
    ['JWT', { azp: 'app' }, 'access_token'],
    ['JWT', { azp: 'app', aud: 'api', nonce: 'n' }, 'id_token'],
    ['JWT', { typ: 'Bearer', nonce: 'n' }, 'access_token'],
    ['JWT', { typ: 'DPoP', azp: 'app', aud: 'app' }, 'access_token'],
    ['JWT', { typ: 'ID', scope: 'openid' }, 'id_token'],
    ['at+jwt', { typ: 'ID' }, 'access_token'],
    ['JWT', { typ: 'Other' }, 'jwt'],
    ['JWT', { token_use: 'id' }, 'id_token'],
    ['JWT', { tokenName: 'id_token', aud: 'app' }, 'id_token'],
    ['JWT', { purpose: 'access_token', nonce: 'n' }, 'access_token'],
    ['JWT', {}, 'jwt'],
  ])('tells typ %j with %j to be an %s', async (typ, members, kind) => {
    expect((await tokenOf(withTyp(typ, members))).kind).toBe(kind);
  });

  it('decides by the record what tokens are that do not say it themselves, and no other', async () => {
    const kinds = async (tokens: 'access' | 'id') => {
      const by = verifierFor({ tokens });
      const silent = [{}, { azp: 'app', aud: 'app' }, { azp: 'app', aud: 'api' }];
      const telling = [{ scope: 'read' }, { nonce: 'n' }, { typ: 'ID' }, { typ: 'Bearer' }];
      const kindOf = async (members: object) => (await tokenOf(withTyp('JWT', members), by)).kind;
      return [await Promise.all(silent.map(kindOf)), await Promise.all(telling.map(kindOf))];
    };
    const kindsTold = ['access_token', 'id_token', 'id_token', 'access_token'];
    expect(await kinds('access')).toEqual([Array(3).fill('access_token'), kindsTold]);
    expect(await kinds('id')).toEqual([Array(3).fill('id_token'), kindsTold]);
  });

  it('takes the client from client_id, else azp, else cid, and keeps absent scope apart from empty scope', async () => {
    expect((await tokenOf(withClaims({ client_id: 'a', azp: 'b', cid: 'c' }))).clientId).toBe('a');
    expect((await tokenOf(withClaims({ azp: 'b', cid: 'c' }))).clientId).toBe('b');
    expect((await tokenOf(withClaims({ cid: 'c' }))).clientId).toBe('c');
    expect((await tokenOf(withClaims({}))).scopes).toBeUndefined();
    expect((await tokenOf(withClaims({ scope: '' }))).scopes).toEqual([]);
  });

  it('names a token without jti by its digest', async () => {
    expect((await tokenOf(withClaims({}))).id).toMatch(/^sha256:[\w-]{43}$/);
  });

  it('counts null in an optional claim as absent, at every issuer', async () => {
    const names = [
      'sub',
      'aud',
      'jti',
      'nbf',
      'iat',
      'client_id',
      'azp',
      'cid',
      'scope',
      'scp',
      'nonce',
      'typ',
      'extra',
    ];
    for (const by of [verifier, own]) {
      const nulls = await tokenOf(withClaims(Object.fromEntries(names.map((name) => [name, null]))), by);
      const absent = await tokenOf(withClaims(Object.fromEntries(names.map((name) => [name, undefined]))), by);
      expect({ ...nulls, id: '' }).toEqual({ ...absent, id: '' });
    }
    expect((await tokenOf(withTyp('JWT', { nonce: null, azp: null }))).kind).toBe('jwt');
  });

  it.each([
    ['exp', 'bad_claim'],
    ['cnf', 'bad_claim'],
    ['events', 'wrong_type'],
  ])('does not take the restricting claim %s for absent where it is null', async (name, reason) => {
    expect(await verdict(withClaims({ [name]: null }))).toBe(reason);
  });

  it('leaves act and may_act of null to those who would believe them, as malformed', async () => {
    const { claims } = await tokenOf(withClaims({ act: null, may_act: null }));
    expect(claims).toMatchObject({ act: null, may_act: null });
  });

  it('rounds times with a fraction so that the token never lives longer', async () => {
    const times = { exp: TEST_START + 9.9, nbf: TEST_START - 9.9, iat: TEST_START - 9.1, auth_time: 5.5 };
    const token = await tokenOf(withClaims(times));
    expect(token).toMatchObject({ expiresAt: TEST_START + 9, issuedAt: TEST_START - 10 });
    expect(token.claims).toMatchObject({
      exp: TEST_START + 9,
      nbf: TEST_START - 9,
      iat: TEST_START - 10,
      auth_time: 5,
    });
    expect(await verdict(withClaims({ nbf: -0.5 }))).toBe('bad_claim');
  });

  it.each([
    { sub: 1 },
    { sub: '' },
    { jti: 1 },
    { client_id: ['x'] },
    { azp: {} },
    { cnf: 'x' },
    { cnf: [] },
    { scope: 1 },
    { scope: [1] },
  ])('refuses the claim %j of a wrong type (RFC 7519 section 4.1)', async (members) => {
    expect(await verdict(withClaims(members))).toBe('bad_claim');
  });

  it('T21 passes odd characters of sub through as data', async () => {
    const sub = 'a\r\nb\0\u202e\ud800';
    expect((await tokenOf(withClaims({ sub }))).subject).toBe(sub);
  });
});
