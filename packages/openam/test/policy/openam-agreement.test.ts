import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describePolicyBackendContract } from '@mandate/testing';
import type { Origin, PolicyDecision } from '@mandate/policy';
import {
  decide,
  failureOf,
  openamBackend,
  openamSession,
  openStandIn,
  type OpenamWorld,
  realUrl,
  sessionOf,
  subjectWith,
  withOpenam,
} from './openam-world.js';

describePolicyBackendContract('openam, the stand-in', async () => {
  const { am, close } = await openStandIn();
  return { backend: openamBackend(am.url), close };
});

withOpenam('a real AM', () => {
  describePolicyBackendContract('openam, a real AM', () => Promise.resolve({ backend: openamBackend(realUrl) }));
});

/** What both must come to: the measured behaviour of docs/openam.md, and what is made of it. */
function describeMeasuredBehaviour(
  name: string,
  open: () => Promise<{ url: string; session: (uid: string) => Promise<string> }>,
): void {
  describe(`the traps of docs/openam.md: ${name}`, () => {
    let am: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      am = await open();
    });
    const outcome = async (decision: Promise<PolicyDecision>): Promise<string> => (await decision).outcome;

    it.each(['jwt', 'claims'] as const)('a deny policy on a claim holds for a number too (%s)', async (subjectForm) => {
      const backend = openamBackend(am.url, { subjectForm });
      for (const level of [3, '3', [3], ['3', 4]]) {
        expect(await outcome(decide(backend, ['claims'], { question: subjectWith({ level }) }))).toBe('deny');
      }
      for (const level of [4, true, { a: 3 }, null, [null]]) {
        expect(await outcome(decide(backend, ['claims'], { question: subjectWith({ level }) }))).toBe('permit');
      }
    });

    it.each(['jwt', 'claims'] as const)('every registered claim is taken (%s)', async (subjectForm) => {
      const times = { exp: 1_900_000_000, nbf: 1, iat: 1, auth_time: 1 };
      const others = { aud: ['a', 'b'], act: { sub: 'bob' }, cnf: {}, scope: 'read', email_verified: true, x5c: ['x'] };
      const backend = openamBackend(am.url, { subjectForm });
      const question = subjectWith({ ...times, ...others });
      expect(await outcome(decide(backend, ['claims'], { question }))).toBe('permit');
    });

    it('actions true beside false: a deny, whichever order', async () => {
      const backend = openamBackend(am.url);
      expect(await outcome(decide(backend, ['http://narrow.example.com:80/secret/a']))).toBe('deny');
      expect(await outcome(decide(backend, ['http://narrow.example.com:80/a']))).toBe('permit');
    });

    it('dot segments and the case of a host never lead to a permit', async () => {
      const backend = openamBackend(am.url);
      const resources = ['x/../a', 'x/..%2Fa', 'x%5c%2e./a', 'x/..;y=z/a'].map(
        (path) => `http://narrow.example.com:80/${path}`,
      );
      for (const resource of [...resources, 'http://NARROW.example.com:80/a']) {
        expect(await decide(backend, [resource])).toEqual({ outcome: 'not_applicable', uncovered: [resource] });
      }
      expect(await outcome(decide(backend, ['http://narrow.example.com:80/x/../secret/a']))).toBe('deny');
    });

    it('a URL with a query, or a host without a path, is not covered by a pattern', async () => {
      const backend = openamBackend(am.url);
      for (const resource of ['http://narrow.example.com:80/a?b', 'http://narrow.example.com']) {
        expect(await outcome(decide(backend, [resource]))).toBe('not_applicable');
      }
    });

    it('the literal pattern is permitted although a narrower policy denies a part of it', async () => {
      expect(await outcome(decide(openamBackend(am.url), ['http://narrow.example.com:*/*']))).toBe('permit');
    });

    it('values of several policies unite, without duplicates and in one order', async () => {
      const decision = await decide(openamBackend(am.url), ['united', 'united'], {
        question: { audiences: ['united'] },
      });
      const [grant, ...others] = decision.outcome === 'permit' ? decision.grants : [];
      expect(others).toEqual([]);
      expect(grant).toMatchObject({ audience: 'united', additionalClaims: { dept: ['a', 'b', 'c'] } });
      expect([...(grant?.scopes ?? [])].sort()).toEqual(['read', 'write']);
    });

    it('a permit without the mandatory attributes, or of two subjects, is a failure', async () => {
      const backend = openamBackend(am.url);
      expect(await failureOf(decide(backend, ['bare']))).toMatch(/^malformed/);
      expect(await failureOf(decide(backend, ['two-subjects']))).toMatch(/^malformed/);
      // A policy with `User` attributes fails inside AM for a JWT, and drops out.
      expect(await outcome(decide(backend, ['user-attributes']))).toBe('not_applicable');
    });

    it('a policy about somebody else does not permit', async () => {
      const question = { subject: { ...subjectWith({}).subject, sub: 'bob' } } as object;
      expect(await decide(openamBackend(am.url), ['claims'], { question })).toMatchObject({
        outcome: 'deny',
        reason: 'policy_of_another_subject',
      });
    });

    it("a condition's script sees the origin of the request, and an attribute says more of the grant", async () => {
      const attributes = { audience: 'aud', scope: 'scp', subject: 'uid', allowedActors: 'may_act', grant: 'grant' };
      const backend = openamBackend(am.url, { attributes: { ...attributes, copyAdditional: true } });
      const subject = { iss: 'https://users.example.com', sub: 'test1', claims: {} };
      const decisionFor = (origin: Origin) => decide(backend, ['acting'], { question: { origin, subject } });
      expect(await decisionFor('act_as')).toMatchObject({
        outcome: 'permit',
        grants: [{ audience: 'acting', actAs: true, actAsForm: 'act_as', additionalClaims: {} }],
      });
      for (const origin of ['token_exchange', 'user_assertion'] as const) {
        expect(await decisionFor(origin)).toEqual({ outcome: 'not_applicable', uncovered: ['acting'] });
      }
    });

    it('a session is judged as itself; its owner is the same in any case', async () => {
      const backend = openamBackend(am.url);
      for (const name of ['alice', 'ALICE']) {
        const question = sessionOf(await am.session(name));
        expect(await decide(backend, ['sessions'], question)).toMatchObject({
          outcome: 'permit',
          grants: [{ audience: 'sessions', scopes: ['read'] }],
        });
      }
      expect(await outcome(decide(backend, ['sessions']))).toBe('not_applicable');
    });

    it('a session of another realm is denied, and AM is not asked', async () => {
      const question = sessionOf(await am.session('carol'), { uid: 'carol', realm: '/short' });
      expect(await decide(openamBackend(am.url), ['sessions'], question)).toMatchObject({
        outcome: 'deny',
        reason: 'session_of_another_realm',
      });
    });

    it('advice, which asks for a stronger session, is a deny', async () => {
      const question = sessionOf(await am.session('alice'));
      expect(await outcome(decide(openamBackend(am.url), ['step-up'], question))).toBe('deny');
    });

    it('a session that has ended is a failure, and no permit', async () => {
      expect(await failureOf(decide(openamBackend(am.url), ['sessions'], sessionOf('AQIC5-ended*')))).toBe(
        'refused: 400',
      );
    });

    it('an account that may not evaluate, a wrong password, an unknown policy set: failures', async () => {
      const plain = { account: { username: 'plain', password: 'Plain-pass-1' } };
      expect(await failureOf(decide(openamBackend(am.url, plain), ['claims']))).toBe('refused: 403');
      const wrongAccount = { account: { username: 'plain', password: 'wrong' } };
      expect(await failureOf(decide(openamBackend(am.url, wrongAccount), ['claims']))).toBe('refused: login');
      expect(await failureOf(decide(openamBackend(am.url, { policySet: 'other' }), ['claims']))).toBe('status: 404');
    });

    it('a password beyond ASCII logs in (RFC 2047)', async () => {
      const backend = openamBackend(am.url, { account: { username: 'umlaut', password: 'päss-wörd-€-1' } });
      await expect(backend.check?.()).resolves.toBeUndefined();
    });

    it('a token that AM cannot read as received is told it signed anew', async () => {
      const token = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.e30.c2ln`;
      const context = {
        subjectToken: { token, declaredType: 'urn:ietf:params:oauth:token-type:access_token' },
      } as const;
      let unreadable = 0;
      const backend = openamBackend(am.url, { subjectForm: 'token', onUnreadable: () => unreadable++ });
      expect((await decide(backend, ['claims'], { context })).outcome).toBe('permit');
      expect(unreadable).toBe(1);
    });
  });
}

let standIn: OpenamWorld | undefined;
afterAll(async () => standIn?.close());

describeMeasuredBehaviour('the stand-in', async () => {
  const { am } = (standIn = await openStandIn());
  const session = (uid: string): Promise<string> =>
    Promise.resolve(am.startSession(uid, uid === 'carol' ? '/short' : '/'));
  return { url: am.url, session };
});

withOpenam('a real AM', () => {
  describeMeasuredBehaviour('a real AM', () =>
    Promise.resolve({ url: realUrl, session: (uid) => openamSession(realUrl, uid) }),
  );
});
