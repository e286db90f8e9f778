import { describe, expect, it } from '@jest/globals';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import type { Introspection, RevocationStore, TokenIntrospector, VerifiedToken } from '@mandate/token';
import { createIntrospectToken, withRevocations } from '../src/introspect-token.js';

const active = (sub: string): Introspection => ({ outcome: 'active', claims: { sub } });
const inactive: Introspection = { outcome: 'inactive', reason: 'expired' };
const notMine: Introspection = { outcome: 'not_mine' };
const down = new UpstreamError('am', 'timeout');

function introspectionOver(...answers: (Introspection | Error)[]): {
  ask: () => Promise<Introspection>;
  count: () => number;
} {
  let count = 0;
  const introspectors = answers.map((answer): TokenIntrospector => ({
    introspect: () => {
      count++;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  }));
  const introspectToken = createIntrospectToken(introspectors);
  return { ask: () => introspectToken({ token: 't', hint: undefined }), count: () => count };
}

describe('createIntrospectToken', () => {
  it('lets the first active answer win and asks nobody after it', async () => {
    const { ask, count } = introspectionOver(notMine, active('a'), active('b'));
    expect((await ask()) as { claims: JsonObject }).toMatchObject({ claims: { sub: 'a' } });
    expect(count()).toBe(2);
  });

  it('lets an active answer win over an earlier failure and an earlier inactive', async () => {
    expect((await introspectionOver(down, inactive, active('a')).ask()).outcome).toBe('active');
  });

  it('does not know when one could not say and none says active (settled choice 2)', async () => {
    await expect(introspectionOver(inactive, down).ask()).rejects.toBe(down);
    await expect(introspectionOver(down, inactive, notMine).ask()).rejects.toBe(down);
  });

  it('keeps the first reason for inactive, and not mine where nobody knows the token', async () => {
    expect(await introspectionOver(notMine, inactive, { outcome: 'inactive' }).ask()).toEqual(inactive);
    expect(await introspectionOver(notMine, notMine).ask()).toEqual(notMine);
    expect(await introspectionOver().ask()).toEqual(notMine);
  });

  it('passes a bug on at once', async () => {
    const bug = new TypeError('bug');
    await expect(introspectionOver(bug, active('a')).ask()).rejects.toBe(bug);
  });
});

describe('withRevocations', () => {
  const token: VerifiedToken = {
    claims: {},
    header: { alg: 'ES256' },
    kind: 'access_token',
    issuer: 'https://i',
    subject: 'alice',
    clientId: 'app',
    scopes: [],
    audience: [],
    expiresAt: 2,
    issuedAt: 1,
    id: 'a',
    trust: { own: true, mayAssertMayAct: true, mayAssertAct: true, allowIdTokens: false },
  };
  const store = (answer: boolean | Error): RevocationStore => ({
    revoke: () => Promise.resolve(),
    isAnyRevoked: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
  });
  const ask = (isRevoked: boolean | Error, ...introspectors: Introspection[]) => {
    const { ask: introspect } = introspectionOver(...introspectors);
    return withRevocations(introspect, store(isRevoked))({ token: 't', hint: undefined });
  };

  it('a revoked token is inactive, whatever another introspector would say of it', async () => {
    const verifiedAnswer: Introspection = { outcome: 'active', claims: {}, token };
    expect(await ask(false, verifiedAnswer)).toBe(verifiedAnswer);
    expect(await ask(true, verifiedAnswer, active('alice'))).toEqual({ outcome: 'inactive', reason: 'revoked' });
  });

  it('a store that cannot tell is a failure for an active token, and not asked about others', async () => {
    await expect(ask(down, { outcome: 'active', claims: {}, token })).rejects.toBe(down);
    expect(await ask(down, inactive)).toBe(inactive);
    expect(await ask(down, active('am-session'))).toEqual(active('am-session'));
  });
});
