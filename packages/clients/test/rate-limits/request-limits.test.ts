import { describe, expect, it } from '@jest/globals';
import { OAuthError, parseForm } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import { type RateLimit, type RateLimiter, createMemoryRateLimiter, createRequestLimits } from '@mandate/clients';
import { describeGuessLimitsContract, fixedClock, openMemoryStore } from '@mandate/testing';

const request = { authorization: undefined, form: parseForm(''), address: () => '192.0.2.1' };
const plenty = { count: 1000, seconds: 1 };

function limitsOver(limiter: RateLimiter, failures: RateLimit, elapsedMs?: () => number) {
  const limitsMet: string[] = [];
  const onLimited = (limit: string): void => void limitsMet.push(limit);
  const limits = createRequestLimits({ limiter, client: plenty, address: plenty, failures, onLimited, elapsedMs });
  return { limits, limitsMet };
}

describeGuessLimitsContract('memory', (failures) =>
  openMemoryStore((options) => limitsOver(createMemoryRateLimiter(options), failures).limits),
);

function world() {
  const clock = fixedClock();
  let [elapsed, secretCount] = [0, 0];
  const limiter = createMemoryRateLimiter({ clock });
  const open = () => limitsOver(limiter, { count: 3, seconds: 30 }, () => elapsed);
  const { limits, limitsMet } = open();
  const replica = open().limits;
  /** The status of a request that is authenticated by its secret; `check` says whether that is right. */
  const statusOf = async (check: () => Promise<boolean>, at = limits): Promise<number> => {
    const authenticate = async (): Promise<string> => {
      if (await at.guess({ request, clientId: 'app', secrets: [`secret ${(secretCount += 1)}`] }, check)) return 'app';
      throw new OAuthError('invalid_client', 'Client authentication failed');
    };
    try {
      await at.guard(request, authenticate, (client) => [client]);
      return 200;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return error.status;
    }
  };
  const pass = (seconds: number): void => {
    clock.advance(seconds);
    elapsed += seconds * 1000;
  };
  return { limitsMet, pass, replica, statusOf };
}

const right = (): Promise<boolean> => Promise.resolve(true);
const wrong = (): Promise<boolean> => Promise.resolve(false);

describe('createRequestLimits', () => {
  it('counts as a wrong secret neither what the caller nor what a dependency broke', async () => {
    const { limitsMet, statusOf } = world();
    const malformedRequest = new OAuthError('invalid_request', 'More than one way of client authentication');
    const down = new UpstreamError('client_secret_hashing', 'overloaded');
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await statusOf(() => Promise.reject(malformedRequest))).toBe(400);
      await expect(statusOf(() => Promise.reject(down))).rejects.toBe(down);
    }
    expect(await statusOf(wrong)).toBe(401);
    expect(limitsMet).toEqual([]);
  });

  it('beyond a limit compares no secret, right or wrong', async () => {
    const { limitsMet, statusOf } = world();
    for (let turn = 0; turn < 3; turn += 1) expect(await statusOf(wrong)).toBe(401);
    const calls: string[] = [];
    const status = await statusOf(() => {
      calls.push('compared');
      return right();
    });
    expect([status, calls, limitsMet]).toEqual([429, [], ['failures']]);
  });

  it('C9 gives no token back that the bucket has filled up without: it would be one wrong secret too many', async () => {
    const { pass, replica, statusOf } = world();
    const statuses: number[] = [];
    const slow = async (): Promise<boolean> => {
      pass(10);
      for (let turn = 0; turn < 3; turn += 1) statuses.push(await statusOf(wrong, replica));
      return right();
    };
    expect([await statusOf(slow), statuses]).toEqual([200, [401, 401, 401]]);
    expect(await statusOf(wrong)).toBe(429);
  });
});
