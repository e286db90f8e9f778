import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import {
  createRedisBackchannelRequestStore,
  createRedisDelegationStore,
  createRedisRefreshTokenStore,
} from '@mandate/delegations';
import { type RedisClient, UpstreamError } from '@mandate/ports';
import { url, withRealRedis } from './real-redis.js';
import { connectTo, systemClock } from './redis-world.js';

const TRIALS = 200;
const AT_ONCE = 50;
const REPLICAS = 3;

/** One of our replicas: its connection, and the stores over it. */
async function startReplica() {
  const redis = await connectTo(url);
  const options = { redis, clock: systemClock };
  return {
    redis,
    delegations: createRedisDelegationStore(options),
    requests: createRedisBackchannelRequestStore(options),
    refreshTokens: createRedisRefreshTokenStore(options),
  };
}
type Replica = Awaited<ReturnType<typeof startReplica>>;

withRealRedis('fifty at once at three replicas, in two hundred trials', () => {
  const replicas: Replica[] = [];
  let trial = 0;
  beforeAll(async () => {
    for (let index = 0; index < REPLICAS; index++) replicas.push(await startReplica());
  });
  afterAll(() => replicas.forEach(({ redis }) => redis.close()));

  /** Which replica is killed while they ask, and after how many turns of the event loop; in half of the trials none. */
  const anyKill = fc.option(fc.record({ which: fc.nat(REPLICAS - 1), after: fc.nat(8) }), { freq: 1 });

  /** What fifty are told that ask at once; `failed` is said of those whose replica was killed. */
  async function askAtOnce<T>(
    kill: { which: number; after: number } | null,
    ask: (replica: Replica, index: number) => Promise<T>,
  ): Promise<(T | 'failed')[]> {
    const answers = Array.from({ length: AT_ONCE }, (_, index) =>
      ask(replicas[index % REPLICAS]!, index).catch((error: unknown): 'failed' => {
        if (kill !== null && index % REPLICAS === kill.which && error instanceof UpstreamError) return 'failed';
        throw error;
      }),
    );
    if (kill !== null) await killReplica(kill);
    return Promise.all(answers);
  }

  async function killReplica({ which, after }: { which: number; after: number }): Promise<void> {
    for (let turn = 0; turn < after; turn++) await nextTurn();
    const redis: RedisClient = replicas[which]!.redis;
    redis.close();
    replicas[which] = await startReplica();
  }

  const trials = (run: (id: string, kill: { which: number; after: number } | null, uses: number) => Promise<void>) =>
    fc.assert(
      fc.asyncProperty(anyKill, fc.integer({ min: 1, max: AT_ONCE + 10 }), (kill, uses) => {
        trial += 1;
        return run(`trial ${process.pid} ${trial}`, kill, uses);
      }),
      { numRuns: TRIALS, endOnFailure: true },
    );

  it('P9 spends the uses of a delegation exactly, and never one over', () =>
    trials(async (id, kill, uses) => {
      const created = systemClock();
      await replicas[0]!.delegations.record({
        id,
        subject: { iss: 'https://mandate.example', sub: 'alice' },
        actor: { sub: 'bob' },
        clientId: 'app',
        scopes: ['read'],
        locations: ['images'],
        created,
        until: created + 60,
        uses,
        used: 0,
        origin: 'ciba',
      });
      const outcomes = await askAtOnce(kill, ({ delegations }) => delegations.spend(id));
      const spendings = outcomes.filter((outcome) => outcome === 'spent').length;
      const failures = outcomes.filter((outcome) => outcome === 'failed').length;
      const used = (await replicas[0]!.delegations.find(id))?.used;
      expect(used).toBeGreaterThanOrEqual(Math.min(uses, AT_ONCE - failures));
      expect(used).toBeLessThanOrEqual(Math.min(uses, AT_ONCE));
      // who was not answered may have used one up, and nobody else
      expect(spendings).toBeLessThanOrEqual(used ?? 0);
      expect(spendings + failures).toBeGreaterThanOrEqual(used ?? 0);
      if (failures === 0) expect([spendings, used]).toEqual([Math.min(uses, AT_ONCE), Math.min(uses, AT_ONCE)]);
    }));

  it('answers an approval once', () =>
    trials(async (id, kill) => {
      const created = systemClock();
      const request = { id, decisionId: id, clientId: 'app', person: id, sub: id, scopes: [], resources: [], created };
      await replicas[0]!.requests.add(
        { ...request, expiresAt: created + 60, interval: 5 },
        { maxOpen: 1, maxOpenOfClient: 1 },
      );
      await replicas[1]!.requests.decide(id, { approve: true, sub: id });
      const outcomes = await askAtOnce(kill, async ({ requests }) => (await requests.poll(id, 'app')).kind);
      const approvals = outcomes.filter((kind) => kind === 'approved').length;
      expect(approvals).toBeLessThanOrEqual(1);
      if (!outcomes.includes('failed')) expect(approvals).toBe(1);
      expect(outcomes.filter((kind) => !['approved', 'unknown', 'failed'].includes(kind))).toEqual([]);
      expect(await replicas[2]!.requests.poll(id, 'app')).toEqual({ kind: 'unknown' });
    }));

  it('rotates a refresh token once, and nothing is good after it was used twice', () =>
    trials(async (id, kill) => {
      const expiresAt = systemClock() + 60;
      const token = { digest: id, grantId: id, clientId: 'app', sub: 'alice', scopes: [], resources: [], expiresAt };
      await replicas[0]!.refreshTokens.issue(token);
      const outcomes = await askAtOnce(kill, async ({ refreshTokens }, index) => {
        const { kind } = await refreshTokens.rotate(id, 'app', { digest: `${id} ${index}`, expiresAt });
        return kind;
      });
      const rotations = outcomes.filter((kind) => kind === 'rotated').length;
      expect(rotations).toBeLessThanOrEqual(1);
      if (!outcomes.includes('failed')) expect(rotations).toBe(1);
      expect(outcomes.filter((kind) => !['rotated', 'reused', 'failed'].includes(kind))).toEqual([]);
      const winner = outcomes.indexOf('rotated');
      expect(await replicas[2]!.refreshTokens.find(`${id} ${winner}`, 'app')).toBeUndefined();
    }));
});
