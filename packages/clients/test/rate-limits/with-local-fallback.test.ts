import { expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { type Consumption, createMemoryRateLimiter, withLocalFallback } from '@mandate/clients';
import { fixedClock } from '@mandate/testing';

const consumption: Consumption = { bucket: ['client', 'a'], limit: { count: 2, seconds: 60 }, tokens: 1 };

function world(consume: () => Promise<number>) {
  const clock = fixedClock();
  const failures: string[] = [];
  let questions = 0;
  const sharedLimiter = { consume: () => ((questions += 1), consume()) };
  const limiter = withLocalFallback(sharedLimiter, {
    local: createMemoryRateLimiter({ clock }),
    clock,
    onFallback: (failure) => failures.push(failure),
  });
  return { clock, failures, questions: () => questions, consume: () => limiter.consume(consumption) };
}

it('S1 the local bucket decides while the shared one cannot be asked: neither a failure nor without limit', async () => {
  const { consume, failures } = world(() => Promise.reject(new UpstreamError('redis', 'unreachable')));
  expect([await consume(), await consume(), await consume()]).toEqual([0, 0, 30]);
  expect(failures).toEqual(['unreachable', 'unreachable', 'unreachable']);
});

it('S3 a shared limiter that failed is left alone for a second, then asked again', async () => {
  let answer = (): Promise<number> => Promise.reject(new UpstreamError('redis', 'timeout'));
  const { clock, consume, questions, failures } = world(() => answer());
  await Promise.all([consume(), consume()]);
  expect(await consume()).toBe(30);
  expect(questions()).toBe(2);
  answer = () => Promise.resolve(7);
  clock.advance(1);
  expect([await consume(), await consume()]).toEqual([7, 7]);
  expect([questions(), failures.length]).toEqual([4, 3]);
});

it('S3 a shared limiter that failed before the clock was set back is asked again', async () => {
  let answer = (): Promise<number> => Promise.reject(new UpstreamError('redis', 'timeout'));
  const { clock, consume } = world(() => answer());
  await consume();
  answer = () => Promise.resolve(7);
  clock.advance(-3600);
  expect(await consume()).toBe(7);
});

it('a bug in a limiter is no reason to go on', async () => {
  const { consume, failures } = world(() => Promise.reject(new TypeError('a bug')));
  await expect(consume()).rejects.toThrow('a bug');
  expect(failures).toEqual([]);
});
