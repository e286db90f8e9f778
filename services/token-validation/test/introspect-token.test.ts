import { describe, expect, it } from '@jest/globals';
import { type JsonObject, UpstreamError } from '@mandate/oauth';
import type { Introspection, TokenIntrospector } from '@mandate/token';
import { createIntrospectToken } from '../src/introspect-token.js';

const active = (sub: string): Introspection => ({ outcome: 'active', claims: { sub } });
const inactive: Introspection = { outcome: 'inactive', reason: 'expired' };
const notMine: Introspection = { outcome: 'not_mine' };
const down = new UpstreamError('am', 'timeout');

function asked(...answers: (Introspection | Error)[]): { ask: () => Promise<Introspection>; count: () => number } {
  let count = 0;
  const introspectors = answers.map((answer): TokenIntrospector => ({
    name: 'fake',
    introspect: () => {
      count++;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  }));
  const introspectToken = createIntrospectToken(introspectors);
  return { ask: () => introspectToken({ token: 't', hint: undefined }), count: () => count };
}

describe('createIntrospectToken (wire-contract.md section 3)', () => {
  it('lets the first active answer win and asks nobody after it', async () => {
    const { ask, count } = asked(notMine, active('a'), active('b'));
    expect((await ask()) as { claims: JsonObject }).toMatchObject({ claims: { sub: 'a' } });
    expect(count()).toBe(2);
  });

  it('lets an active answer win over an earlier failure and an earlier inactive', async () => {
    expect((await asked(down, inactive, active('a')).ask()).outcome).toBe('active');
  });

  it('does not know when one could not say and none says active (settled choice 2)', async () => {
    await expect(asked(inactive, down).ask()).rejects.toBe(down);
    await expect(asked(down, inactive, notMine).ask()).rejects.toBe(down);
  });

  it('keeps the first reason for inactive, and not mine where nobody knows the token', async () => {
    expect(await asked(notMine, inactive, { outcome: 'inactive' }).ask()).toEqual(inactive);
    expect(await asked(notMine, notMine).ask()).toEqual(notMine);
    expect(await asked().ask()).toEqual(notMine);
  });

  it('passes a bug on at once', async () => {
    const bug = new TypeError('bug');
    await expect(asked(bug, active('a')).ask()).rejects.toBe(bug);
  });
});
