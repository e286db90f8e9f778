import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeTokenIntrospectorContract } from '@mandate/testing';
import type { Introspection, TokenIntrospector } from '@mandate/token';
import {
  foreignJwt,
  introspectorAt,
  type OpenamWithAlice,
  realWithAlice,
  sessionsAt,
  standInWithAlice,
  withOpenam,
} from './openam-world.js';

async function claimsOf(answer: Promise<Introspection>): Promise<Record<string, unknown>> {
  const result = await answer;
  if (result.outcome !== 'active') throw new Error(`the token is ${result.outcome}`);
  return { ...result.claims };
}

/** What both a real AM and the stand-in must come to. */
function describeOpenam(name: string, open: () => Promise<OpenamWithAlice>): void {
  describeTokenIntrospectorContract(`sessions of ${name}`, async () => {
    const am = await open();
    const inactiveToken = await am.session('alice');
    await am.endSession(inactiveToken);
    const introspector = introspectorAt(am.url);
    return {
      introspector,
      activeToken: await am.session('alice'),
      subject: 'alice',
      inactiveToken,
      close: () => am.close(),
    };
  });

  describeTokenIntrospectorContract(`access tokens of ${name}`, async () => {
    const am = await open();
    const inactiveToken = '00000000-0000-4000-8000-000000000000';
    return {
      introspector: introspectorAt(am.url),
      activeToken: am.accessToken,
      subject: 'alice',
      inactiveToken,
      close: () => am.close(),
    };
  });

  describe(`introspection at ${name}`, () => {
    let am: OpenamWithAlice;
    let introspector: TokenIntrospector;
    beforeAll(async () => {
      am = await open();
      introspector = introspectorAt(am.url);
    });
    afterAll(() => am.close());

    it('answers an access token with what AM says of it, but for active', async () => {
      const claims = await claimsOf(introspector.introspect(am.accessToken));
      expect(claims).toMatchObject({
        sub: 'alice',
        user_id: 'alice',
        client_id: 'client1',
        token_type: 'access_token',
      });
      expect(Object.keys(claims)).not.toContain('active');
    });

    it('answers a session with uid, sub and realm, and its owner in one spelling', async () => {
      expect(await claimsOf(introspector.introspect(await am.session('alice')))).toEqual({
        uid: 'alice',
        sub: 'alice',
        realm: '/',
      });
      expect(await claimsOf(introspector.introspect(await am.session('ALICE')))).toEqual({
        uid: 'ALICE',
        sub: 'alice',
        realm: '/',
      });
    });

    it('IN-24 a session that is unknown or logged out is inactive', async () => {
      const token = await am.session('alice');
      await am.endSession(token);
      expect(await introspector.introspect(token)).toEqual({ outcome: 'inactive', reason: 'no_session' });
      const unknown =
        'AQIC5wM2LY4Sfcz3TOIY7tKJIZGbgiiVqsnhIn4Md6Pq5r8.*AAJTSQACMDEAAlNLABM1MTUwMTEwNDQ0NDk2MzMzMDA4AAJTMQAA*';
      expect(await introspector.introspect(unknown, 'openam_sso')).toMatchObject({ outcome: 'inactive' });
    });

    it('a text that AM takes for a session but cannot read is a failure, and no verdict', async () => {
      await expect(introspector.introspect('a*b*')).rejects.toMatchObject({ failure: 'status', detail: '500' });
    });

    it('answers an ID token only with the hint id_token', async () => {
      expect(await claimsOf(introspector.introspect(am.idToken, 'id_token'))).toMatchObject({
        sub: 'alice',
        realm: '/',
      });
      expect(await introspector.introspect(am.idToken)).toEqual({
        outcome: 'inactive',
        reason: 'id_token_not_asked_for',
      });
      expect(await introspector.introspect(am.idToken, 'access_token')).toMatchObject({ outcome: 'inactive' });
    });

    it('an ID token of another realm than the URL names is inactive: AM looks at the token alone', async () => {
      const otherRealm = introspectorAt(am.url, { idTokenRealm: '/realms/root/realms/stateless' });
      expect(await otherRealm.introspect(am.idToken, 'id_token')).toEqual({ outcome: 'inactive' });
    });

    it('an ID token that AM does not find good is inactive', async () => {
      const token = foreignJwt({ alg: 'RS256', typ: 'JWT' }, { sub: 'alice', nonce: 'n' });
      expect(await introspector.introspect(token, 'id_token')).toEqual({ outcome: 'inactive' });
    });

    it.each([
      { alg: 'HS256', typ: 'JWT' },
      { alg: 'RS256', typ: 'JWT' },
      { alg: 'ES256' },
      { alg: 'EdDSA', typ: 'jwt' },
      { alg: 'PS256' },
    ])('a JWT of somebody else (%j) is not its own, although AM fails on it', async (header) => {
      expect(await introspector.introspect(foreignJwt(header))).toEqual({ outcome: 'not_mine' });
    });

    it('a wrong client secret is a failure, and no verdict', async () => {
      const wrongSecret = introspectorAt(am.url, { clientSecret: 'wrong' });
      await expect(wrongSecret.introspect(am.accessToken)).rejects.toMatchObject({ failure: 'refused', detail: '401' });
    });

    it('sessions of another realm than the URL names are none; without a realm the answer says which', async () => {
      const carol = await am.session('carol');
      const alice = await am.session('alice');
      const atRoot = sessionsAt(am.url, { path: '/json/realms/root/sessions' });
      expect(await atRoot.validate(carol)).toBeUndefined();
      expect(await atRoot.validate(alice)).toMatchObject({ uid: 'alice', issuer: `${am.url}/realms/root` });
      const short = sessionsAt(am.url, { path: '/json/realms/root/realms/short/sessions' });
      expect(await short.validate(alice)).toBeUndefined();
      const issuer = `${am.url}/realms/root/realms/short`;
      expect(await short.validate(carol)).toMatchObject({ uid: 'carol', realm: '/short', issuer });
      expect(await sessionsAt(am.url).validate(carol)).toMatchObject({ realm: '/short', issuer });
    });

    it('knows how long a live session has left', async () => {
      const token = await am.session('alice');
      expect(await sessionsAt(am.url).secondsLeft(token)).toBeGreaterThan(7_000);
      await am.endSession(token);
      expect(await sessionsAt(am.url).secondsLeft(token)).toBe(0);
    });

    it('the form body is never answered by an AM that ignores it, nor by the other form', async () => {
      const body = sessionsAt(am.url, { form: 'body' });
      for (const token of ['AQIC5garbage*', await am.session('alice')]) {
        await expect(body.validate(token)).rejects.toMatchObject({ failure: 'status', detail: '404' });
      }
    });
  });
}

describeOpenam('the stand-in', standInWithAlice);
withOpenam('a real AM', () => {
  describeOpenam('a real AM', realWithAlice);
});
