import { describe, expect, it } from '@jest/globals';
import { OAuthError, parseAuthorization, parseForm } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import { createMemoryRateLimiter, createRequestLimits } from '@mandate/clients';
import { fixedClock } from '@mandate/testing';
import type { AuthenticationRequest } from '../../src/authentication/authentication-method.js';

const guessOf = (pair: string): AuthenticationRequest => ({
  authorization: parseAuthorization(`Basic ${Buffer.from(pair).toString('base64')}`),
  form: parseForm(''),
  address: () => '192.0.2.1',
});
const plenty = { count: 1000, seconds: 1 };

function world(guess = guessOf('app:wrong')) {
  const clock = fixedClock();
  const limitsMet: string[] = [];
  const limits = createRequestLimits({
    limiter: createMemoryRateLimiter({ clock }),
    client: plenty,
    address: plenty,
    failures: { count: 3, seconds: 30 },
    onLimited: (limit: string) => limitsMet.push(limit),
  });
  const failWith = (error: Error) => (): Promise<string> => Promise.reject(error);
  const statusOf = async (authenticate: () => Promise<string>): Promise<number> => {
    try {
      await limits.guard(guess, authenticate, (client) => [client]);
      return 200;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return error.status;
    }
  };
  return { clock, limitsMet, failWith, statusOf };
}

const wrongSecret = new OAuthError('invalid_client', 'Client authentication failed');

describe('createRequestLimits', () => {
  it('C9 guesses sent at once are counted each: the bucket owes them before it has a chance again', async () => {
    const { clock, failWith, statusOf } = world();
    let release = (): void => undefined;
    const together = new Promise<void>((resolve) => (release = resolve));
    const answers = Array.from({ length: 10 }, () => statusOf(() => together.then(failWith(wrongSecret))));
    await new Promise((resolve) => setImmediate(resolve));
    release();
    expect(await Promise.all(answers)).toEqual(answers.map(() => 401));
    clock.advance(70);
    expect(await statusOf(() => Promise.resolve('app'))).toBe(429);
    clock.advance(10);
    expect(await statusOf(() => Promise.resolve('app'))).toBe(200);
  });

  it('C9 counts a guess whose credentials are not form-encoded, and may be accepted so, for the client it names', async () => {
    const { failWith, statusOf } = world(guessOf('app:%'));
    for (let turn = 0; turn < 3; turn += 1) expect(await statusOf(failWith(wrongSecret))).toBe(401);
    expect(await statusOf(failWith(wrongSecret))).toBe(429);
  });

  it('counts as failed what is answered 401, and not what the caller or a dependency broke', async () => {
    const { limitsMet, failWith, statusOf } = world();
    const malformedRequest = new OAuthError('invalid_request', 'More than one way of client authentication');
    const down = new UpstreamError('client_secret_hashing', 'overloaded');
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await statusOf(failWith(malformedRequest))).toBe(400);
      await expect(statusOf(failWith(down))).rejects.toBe(down);
    }
    expect(await statusOf(failWith(wrongSecret))).toBe(401);
    expect(limitsMet).toEqual([]);
  });

  it('beyond a limit runs no authentication, right or wrong', async () => {
    const { limitsMet, failWith, statusOf } = world();
    for (let turn = 0; turn < 3; turn += 1) await statusOf(failWith(wrongSecret));
    const calls: string[] = [];
    const status = await statusOf(() => {
      calls.push('authentication');
      return Promise.resolve('app');
    });
    expect([status, calls, limitsMet]).toEqual([429, [], ['failures']]);
  });
});
