import { expect, it } from '@jest/globals';
import { type RedisClient, UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { createMetrics } from '@mandate/service-kit';
import { composeReplayStore } from '../src/replays.js';

it.each<[UpstreamFailure, string]>([
  ['timeout', 'unanswered'],
  ['unreachable', 'failed'],
  ['refused', 'failed'],
])('an assertion that Redis fails with %s is counted as %s', async (failure, outcome) => {
  const metrics = createMetrics({ defaults: false });
  const redis: RedisClient = {
    run: () => Promise.reject(new UpstreamError('redis', failure)),
    check: () => Promise.resolve(),
    close: () => undefined,
  };
  const store = composeReplayStore({ clock: () => 1, metrics }, redis);
  await expect(store.markUsed('key', 60)).rejects.toMatchObject({ failure });
  expect((await metrics.render()).body).toContain(`client_assertions_total{outcome="${outcome}"} 1`);
});
