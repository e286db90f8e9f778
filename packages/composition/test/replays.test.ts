import { expect, it } from '@jest/globals';
import { createRedisReplayStore, withMarksCounted } from '@mandate/clients';
import { type RedisClient, UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { createMetrics } from '@mandate/service-kit';

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
  const store = withMarksCounted(createRedisReplayStore({ redis, clock: () => 1 }), metrics);
  await expect(store.markUsed('key', 60)).rejects.toMatchObject({ failure });
  expect((await metrics.render()).body).toContain(`client_assertions_total{outcome="${outcome}"} 1`);
});
