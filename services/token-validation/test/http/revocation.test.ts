import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createMemoryRefreshTokenStore, digestOf } from '@mandate/delegations';
import { UpstreamError } from '@mandate/ports';
import type { RevocationStore } from '@mandate/token';
import { fixedClock, TEST_START } from '@mandate/testing';
import {
  type Claims,
  OWN,
  USERS,
  type ValidationWorld,
  basic,
  identifierOf,
  startValidationWorld,
} from './validation-world.js';

const ADMIN = { authorization: basic('admin', 'admin-secret') };

describe('POST /service/revoke (RFC 7009)', () => {
  let world: ValidationWorld;
  beforeAll(async () => {
    world = await startValidationWorld();
  });
  afterAll(() => world.stop());

  /** A root, what bob made of it, what carol made of that, and another token of the same grant. */
  const lineage = (ofRoot: Claims = {}) => {
    const [grant, root, child] = [randomUUID(), randomUUID(), randomUUID()];
    return {
      root: world.token({ jti: root, authGrantId: grant, ...ofRoot }),
      child: world.token({ jti: child, anc: [identifierOf(root)], authGrantId: grant, act: { sub: 'bob' } }),
      grandchild: world.token({
        anc: [identifierOf(root), identifierOf(child)],
        authGrantId: grant,
        act: { sub: 'carol', act: { sub: 'bob' } },
      }),
      sibling: world.token({ anc: [identifierOf(root)], authGrantId: grant }),
    };
  };

  it('ends the token, answers 200 without a body, and does so again (RFC 7009 section 2.2)', async () => {
    const mine = world.token();
    expect(await world.isActive(mine)).toBe(true);
    for (const hint of ['access_token', 'refresh_token', 'nonsense']) {
      const answer = await world.revoke({ token: mine, token_type_hint: hint });
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: '' });
    }
    expect((await world.introspect({ token: mine })).text).toBe('{"active":false}');
    expect(world.logLines.join('\n')).not.toContain(mine);
  });

  it('ends what was derived from a token and none of its ancestors', async () => {
    const { root, child, grandchild, sibling } = lineage();
    await world.revoke({ token: child });
    const active = await Promise.all([root, child, grandchild, sibling].map(world.isActive));
    expect(active).toEqual([true, false, false, true]);
    await world.revoke({ token: root });
    expect(await world.isActive(sibling)).toBe(false);
  });

  it.each<[string, Claims, 'access' | undefined]>([
    ['an access token, with which they end', {}, undefined],
    [
      'an ID token, which as an assertion they outlive',
      { client_id: undefined, scope: undefined, nonce: 'n' },
      undefined,
    ],
    ['any other JWT, which as an assertion they outlive', { client_id: undefined, scope: undefined }, undefined],
    ['one that is an access token by our settings alone', { client_id: undefined, scope: undefined }, 'access'],
  ])('ends for good the tokens derived from %s', async (_kind, claims, tokens) => {
    const world = await startValidationWorld({}, { tokens });
    const jti = randomUUID();
    const root = world.token({ jti, iss: USERS, exp: TEST_START + 60, ...claims }, { typ: 'JWT' });
    const isAccessToken = Object.keys(claims).length === 0;
    const child = world.token({ anc: [identifierOf(jti, USERS)], exp: TEST_START + (isAccessToken ? 60 : 3600) });
    expect(await world.isActive(child)).toBe(true);
    expect((await world.revoke({ token: root }, ADMIN)).status).toBe(200);
    for (const seconds of [0, 59, 100, 1000, 2400]) {
      world.clock.advance(seconds);
      expect(await world.isActive(child)).toBe(false);
    }
    await world.stop();
  });

  it('ends for good what came of a delegation whose refresh token is revoked, also what outlives it', async () => {
    const clock = fixedClock();
    const refreshTokens = createMemoryRefreshTokenStore({ clock });
    const world = await startValidationWorld({}, { clock, state: { refreshTokens } });
    const [text, grantId] = ['r'.repeat(43), randomUUID()];
    const terms = { grantId, clientId: 'app', sub: 'alice', scopes: ['read'], resources: [] };
    await refreshTokens.issue({ ...terms, digest: digestOf(text), expiresAt: TEST_START + 60 });
    const child = world.token({ anc: ['sha256:id-token'], authGrantId: grantId, exp: TEST_START + 3600 });
    expect(await world.isActive(child)).toBe(true);
    expect((await world.revoke({ token: text })).status).toBe(200);
    for (const seconds of [0, 100, 1000, 2400]) {
      clock.advance(seconds);
      expect(await world.isActive(child)).toBe(false);
    }
    await world.stop();
  });

  it('ends a whole delegation by its grant: for the root its owner, for a derived token only revoke-all', async () => {
    const { root, child, sibling } = lineage();
    expect((await world.revoke({ token: child, grant: 'true' })).body['error']).toBe('insufficient_scope');
    expect(await world.isActive(child)).toBe(true);
    expect((await world.revoke({ token: child, grant: 'true' }, ADMIN)).status).toBe(200);
    expect(await Promise.all([root, child, sibling].map(world.isActive))).toEqual([false, false, false]);
    const other = lineage();
    expect((await world.revoke({ token: other.root, grant: 'true' })).status).toBe(200);
    expect(await world.isActive(other.sibling)).toBe(false);
  });

  it.each(['nonsense', 'a.b.c', 'x'.repeat(20_000)])('RV-01 an unknown token is 200, empty (%#)', async (text) => {
    expect(await world.revoke({ token: text })).toMatchObject({ status: 200, text: '' });
  });

  it('RV-01 an expired token and one of an unlisted issuer are 200', async () => {
    expect((await world.revoke({ token: world.token({ exp: TEST_START - 1 }) })).status).toBe(200);
    expect((await world.revoke({ token: world.token({ iss: 'https://nobody.example' }) })).status).toBe(200);
  });

  it('an expired token of a grant that is to be ended is 400: the rest of the grant lives on', async () => {
    const { root, sibling } = lineage({ exp: TEST_START - 1 });
    const answer = await world.revoke({ token: root, grant: 'true' }, ADMIN);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await world.isActive(sibling)).toBe(true);
    expect((await world.revoke({ token: 'nonsense', grant: 'true' }, ADMIN)).status).toBe(200);
  });

  it('T9 a token that ends with a line break is 400: it would live on', async () => {
    const mine = world.token();
    const answer = await world.revoke({ token: `${mine}\n` });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(answer.body['error_description']).toMatch(/^Parameter token ends with a line break/);
    expect(await world.isActive(mine)).toBe(true);
  });

  it('a token that is refused only for now is 400: that it stays dead cannot be promised', async () => {
    const answer = await world.revoke({ token: world.token({ nbf: TEST_START + 300 }) });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it.each([
    ['RV-02 no token', {}],
    ['RV-02 an empty token', { token: '' }],
    ['RV-02 a token twice', { token: ['a', 'b'] }],
    ['a hint twice', { token: 'a', token_type_hint: ['a', 'b'] }],
    ['two targets', { token: 'a', subject: 'alice' }],
    ['grant without a token', { subject: 'alice', grant: 'true' }],
    ['another grant', { token: 'a', grant: 'yes' }],
    ['an issuer without a name', { token: 'a', issuer: OWN }],
    ['an issuer of a client', { client_id: 'app', issuer: OWN }],
  ])('%s is 400 invalid_request', async (_, fields) => {
    expect(await world.revoke(fields, ADMIN)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it("another client's token is refused and stays valid (RFC 7009 section 2.1), unless the caller may revoke all", async () => {
    const others = world.token({ client_id: 'other' });
    expect(await world.revoke({ token: others })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await world.isActive(others)).toBe(true);
    expect((await world.revoke({ token: others }, ADMIN)).status).toBe(200);
    expect(await world.isActive(others)).toBe(false);
  });

  it('callers are authenticated and need the scope revoke, whichever way they call', async () => {
    const mine = world.token();
    const bearer = (scope: string) => ({ authorization: world.bearer({ client_id: 'app', scope }) });
    expect((await world.revoke({ token: mine }, { authorization: '' })).status).toBe(401);
    expect((await world.revoke({ token: mine }, { authorization: basic('app', 'wrong') })).status).toBe(401);
    expect((await world.revoke({ token: mine }, { authorization: basic('rs', 'rs-secret') })).status).toBe(403);
    expect((await world.revoke({ token: mine }, bearer('introspect'))).status).toBe(403);
    expect(await world.isActive(mine)).toBe(true);
    expect((await world.revoke({ token: mine }, bearer('revoke'))).status).toBe(200);
    expect(await world.isActive(mine)).toBe(false);
  });

  it('a revoked token does not authorize its bearer any more', async () => {
    const authorization = world.bearer({ client_id: 'app', scope: 'introspect revoke' });
    expect((await world.introspect({ token: 'x' }, { authorization })).status).toBe(200);
    const own = authorization.replace('Bearer ', '');
    expect((await world.revoke({ token: own }, { authorization })).status).toBe(200);
    const answer = await world.introspect({ token: 'x' }, { authorization });
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });

  it('T9 the jti of a foreign token ends no token of ours', async () => {
    const jti = randomUUID();
    const [ours, foreign] = [world.token({ jti }), world.token({ jti, iss: USERS })];
    expect((await world.revoke({ token: foreign }, ADMIN)).status).toBe(200);
    expect([await world.isActive(ours), await world.isActive(foreign)]).toEqual([true, false]);
  });

  it('the grant that a foreign token names is ended by revoke-all only: it may be that of somebody else', async () => {
    const grant = randomUUID();
    const [victimToken, forgedToken] = [
      world.token({ authGrantId: grant }),
      world.token({ iss: USERS, authGrantId: grant }),
    ];
    expect((await world.revoke({ token: forgedToken, grant: 'true' })).status).toBe(400);
    expect([await world.isActive(victimToken), await world.isActive(forgedToken)]).toEqual([true, true]);
    expect((await world.revoke({ token: forgedToken, grant: 'true' }, ADMIN)).status).toBe(200);
    expect([await world.isActive(victimToken), await world.isActive(forgedToken)]).toEqual([false, false]);
  });

  it('what was derived from a token ends also where the record of our own issuer lacks own, and that is said once', async () => {
    const root = randomUUID();
    const derivedToken = () => world.token({ iss: USERS, anc: [identifierOf(root)] });
    const texts = [derivedToken(), derivedToken()];
    expect(await Promise.all(texts.map(world.isActive))).toEqual([true, true]);
    expect((await world.revoke({ token: world.token({ jti: root }) })).status).toBe(200);
    expect(await Promise.all(texts.map(world.isActive))).toEqual([false, false]);
    const reports = world.logLines.filter((line) => line.includes('its record may lack own: true'));
    expect(reports.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ level: 'warn', issuer: USERS }]);
  });

  it('tells where it is (RFC 8414 section 2), counts, and logs what was ended', async () => {
    const { body } = await world.send('/.well-known/oauth-authorization-server', {});
    expect(body).toMatchObject({ revocation_endpoint: `${OWN}/oauth2/revoke` });
    const metrics = await world.metricsText();
    expect(metrics).toMatch(/revocations_total\{outcome="token"\} \d/);
    expect(metrics).toMatch(/revocation_checks_total\{outcome="revoked"\} \d/);
    expect(world.logLines.some((line) => line.includes('"msg":"revoked"') && line.includes('"tokenId"'))).toBe(true);
  });
});

describe('cut-offs', () => {
  let world: ValidationWorld;
  beforeAll(async () => {
    world = await startValidationWorld();
  });
  afterAll(() => world.stop());

  it.each([
    ['subject', { subject: 'dave' }, { sub: 'dave' }],
    ['subject at its issuer', { subject: 'erin', issuer: OWN }, { sub: 'erin' }],
    ['actor', { actor: 'frank', issuer: USERS }, { act: { sub: 'x', act: { sub: 'frank' } } }],
    ['client', { client_id: 'gone' }, { client_id: 'gone' }],
  ])('by %s end what was issued until now, and nothing issued after', async (_, fields, claims) => {
    const old = world.token({ ...claims, iat: world.clock() });
    const bystander = world.token({ sub: 'gone', client_id: 'dave' });
    expect((await world.revoke(fields)).body['error']).toBe('insufficient_scope');
    expect(await world.isActive(old)).toBe(true);
    expect(await world.revoke(fields, ADMIN)).toMatchObject({ status: 200, text: '' });
    world.clock.advance(1);
    const fresh = world.token({ ...claims, iat: world.clock() });
    const undatedToken = world.token({ ...claims, iat: undefined });
    expect(await Promise.all([old, undatedToken, fresh, bystander].map(world.isActive))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('of a name at another issuer end nothing here', async () => {
    await world.revoke({ subject: 'grace', issuer: USERS }, ADMIN);
    expect(await world.isActive(world.token({ sub: 'grace' }))).toBe(true);
  });

  it('a client_id beside credentials says who calls, and ends nothing', async () => {
    const form = { client_id: 'admin', client_secret: 'admin-secret' };
    expect((await world.revoke(form, { authorization: '' })).status).toBe(400);
    expect((await world.revoke({ ...form, subject: 'henry' }, { authorization: '' })).status).toBe(200);
    expect(await world.isActive(world.token({ client_id: 'admin' }))).toBe(true);
  });
});

describe('a revocation store that fails', () => {
  it('RV-05 is 503 with Retry-After to a revocation, and to an introspection: never a verdict (S1)', async () => {
    const fail = () => Promise.reject(new UpstreamError('redis', 'timeout'));
    const store: RevocationStore = { revoke: fail, isAnyRevoked: fail };
    const world = await startValidationWorld({}, { state: { revocations: store } });
    for (const path of ['revoke', 'introspect'] as const) {
      const answer = await world[path]({ token: world.token() });
      expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(answer.text).not.toContain('active');
    }
    expect((await world.introspect({ token: world.token({ exp: 0 }) })).text).toBe('{"active":false}');
    await world.stop();
  });
});
