import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { type OpenamStandIn, signTestToken, spellingsOfSession, startOpenamStandIn, until } from '@mandate/testing';
import { tokenIdentifier } from '@mandate/token';
import { basic, type Claims, openamVariables, startValidationWorld, type ValidationWorld } from './validation-world.js';

const ADMIN = { authorization: basic('admin', 'admin-secret') };

let am: OpenamStandIn;
let world: ValidationWorld;
beforeAll(async () => {
  am = await startOpenamStandIn();
  world = await startValidationWorld(openamVariables(am));
});
afterAll(async () => {
  await world.stop();
  await am.close();
});

describe('introspection by jwt and openam', () => {
  it('answers an access token, an ID token and a session of AM, and a JWT of ours', async () => {
    const claims = { iss: `${am.url}/oauth2`, sub: 'alice', exp: world.clock() + 600 };
    am.addAccessToken('opaque-1', { ...claims, client_id: 'client1', scope: 'read', token_type: 'access_token' });
    const idToken = `${part({ alg: 'RS256' })}.${part({ sub: 'alice', nonce: 'n' })}.c2ln`;
    am.addIdToken(idToken, { ...claims, realm: '/' });
    expect((await world.introspect({ token: 'opaque-1' })).body).toMatchObject({ active: true, client_id: 'client1' });
    expect((await world.introspect({ token: idToken, token_type_hint: 'id_token' })).body).toMatchObject({
      active: true,
      sub: 'alice',
    });
    expect((await world.introspect({ token: world.token() })).body).toMatchObject({ active: true, sub: 'alice' });
    for (const token_type_hint of ['openam_sso', 'ssotoken', 'sso_token', 'access_token', 'other']) {
      const answer = await world.introspect({ token: am.startSession('alice'), token_type_hint });
      expect(answer.body).toEqual({ active: true, uid: 'alice', sub: 'alice', realm: '/' });
    }
  });

  it('relays no active answer of AM that a token verified here could not have', async () => {
    const claims = { sub: 'alice', exp: world.clock() + 600 };
    am.addAccessToken('past', { ...claims, exp: world.clock() - 1 });
    am.addAccessToken('endless', { ...claims, exp: 'never' });
    am.addAccessToken('foreign', { ...claims, iss: 'https://elsewhere.example' });
    expect((await world.introspect({ token: 'past' })).text).toBe('{"active":false}');
    for (const token of ['endless', 'foreign']) expect((await world.introspect({ token })).status).toBe(503);
  });

  it('IN-24 answers only that an unknown or ended session is inactive', async () => {
    const token = am.startSession('alice');
    am.endSession(token);
    for (const text of [token, 'AQIC5unknown', 'opaque-unknown']) {
      expect((await world.introspect({ token: text, token_type_hint: 'openam_sso' })).text).toBe('{"active":false}');
    }
  });

  it('answers 503 when AM cannot say and nothing else calls the token active', async () => {
    am.answer('validate', (_request, response) => response.writeHead(500).end());
    const answer = await world.introspect({ token: am.startSession('alice') });
    const own = await world.introspect({ token: world.token() });
    am.answer('validate', undefined);
    expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(own.body).toMatchObject({ active: true });
  });

  it('IN-19 a revoked session is inactive, and so is what was derived from it', async () => {
    const session = am.startSession('alice');
    const id = `sha256:${createHash('sha256').update(session).digest('base64url')}`;
    const derivedToken = world.token({ anc: [id] });
    expect((await world.introspect({ token: derivedToken })).body).toMatchObject({ active: true });
    expect((await world.revoke({ token: session })).status).toBe(400);
    expect((await world.revoke({ token: session }, ADMIN)).status).toBe(200);
    for (const token of [session, derivedToken]) {
      expect((await world.introspect({ token })).text).toBe('{"active":false}');
    }
  });

  it('a stateless session is revoked in every spelling that AM takes for it', async () => {
    const answer = JSON.stringify({ valid: true, uid: 'alice', realm: '/', maxtime: 42 });
    for (const asked of ['validate', 'getTimeLeft']) am.answer(asked, (_request, response) => response.end(answer));
    const [session = '', ...others] = spellingsOfSession(`${part({ alg: 'HS256' })}.${part({ sub: 'alice' })}.AA`);
    const activities = () => Promise.all([session, ...others].map(world.isActive));
    expect(new Set(await activities())).toEqual(new Set([true]));
    expect((await world.revoke({ token: session }, ADMIN)).status).toBe(200);
    expect(new Set(await activities())).toEqual(new Set([false]));
    for (const asked of ['validate', 'getTimeLeft']) am.answer(asked, undefined);
  });

  it.each(['jwt,openam', 'openam,jwt', 'openam'])(
    'a JWT of AM that is revoked here is inactive whoever is asked first, and so is one of somebody cut off: %s',
    async (INTROSPECTION_SERVICES) => {
      const world = await startValidationWorld({ ...openamVariables(am), INTROSPECTION_SERVICES });
      const issuer = `${am.url}/oauth2`;
      const jwks = { keys: [world.keys.users.publicJwk] };
      world.writeIssuers([{ issuer, jwks }]);
      const tokenOf = (claims: Claims): string => {
        const all = {
          iss: issuer,
          client_id: 'app',
          scope: 'read',
          exp: world.clock() + 600,
          iat: world.clock(),
          ...claims,
        };
        const token = signTestToken(world.keys.users, all, { typ: 'JWT' });
        am.addAccessToken(token, { ...all, token_type: 'access_token' });
        return token;
      };
      const [alice, named, bob] = [
        tokenOf({ sub: 'alice' }),
        tokenOf({ sub: 'alice', jti: 'a' }),
        tokenOf({ sub: 'bob' }),
      ];
      const child = tokenOf({ sub: 'alice', jti: 'b', anc: [tokenIdentifier('', { issuer, jwtId: 'a' })] });
      const all = [alice, named, bob, child];
      await until(async () => {
        await world.revoke({ token: alice }, ADMIN);
        return (await world.isActive(alice)) === false;
      });
      expect(await Promise.all(all.map(world.isActive))).toEqual([false, true, true, true]);
      expect((await world.revoke({ token: named }, ADMIN)).status).toBe(200);
      expect(await Promise.all(all.map(world.isActive))).toEqual([false, false, true, false]);
      expect((await world.revoke({ subject: 'bob' }, ADMIN)).status).toBe(200);
      expect(await world.isActive(bob)).toBe(false);
      await world.stop();
    },
  );

  it('S5 no token and no secret of AM reaches the log', () => {
    expect(world.logLines.join('\n')).not.toMatch(/AQIC|client1-secret|opaque-1/);
  });

  it.each([
    [{ INTROSPECTION_SERVICES: 'openam' }],
    [{ INTROSPECTION_SERVICES: 'openam', INTROSPECTION_OPENAM_URL: 'http://am.example.com/introspect' }],
    [
      {
        INTROSPECTION_SERVICES: 'openam',
        INTROSPECTION_OPENAM_SESSION_URL: 'http://am.example.com/s',
        INTROSPECTION_OPENAM_SESSION_API: 'body',
      },
    ],
  ])('refuses to start with %j alone', async (env) => {
    await expect(startValidationWorld(env)).rejects.toThrow();
  });
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
