import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import {
  type RedisProcess,
  askRedis,
  closeAfterEach,
  startRedisCluster,
  startRedisProcess,
  startRedisSentinels,
  until,
} from '@mandate/testing';
import { openState, outcomeOf, program, question, systemClock, withRedis } from './redis-world.js';

/** What docs/operations.md says that a user of Redis needs, by the first cell of its row. */
function rulesOf(row: string): string[] {
  const document = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
  const line = document.split('\n').find((text) => text.startsWith(`| ${row} |`));
  const rules = [...(line ?? '').replaceAll('\\|', '|').matchAll(/`([^`]+)`/g)].flatMap(([, code]) =>
    (code ?? '').split(' '),
  );
  if (rules.length === 0) throw new Error(`docs/operations.md has no row ${row}`);
  return rules;
}

const KEYS = rulesOf('keys');
const ALWAYS = rulesOf('commands, always');
const BY_SENTINEL = rulesOf('commands, behind Sentinels');
const IN_CLUSTER = rulesOf('commands, in a Cluster');
const DATABASE = rulesOf('commands, with a database number');
const REPLICAS = rulesOf('commands, with `REDIS_WAIT_REPLICAS`').filter((rule) => rule !== 'REDIS_WAIT_REPLICAS');
const AT_SENTINEL = rulesOf('user at the Sentinels');

const PASSWORD = 'a-password-of-redis';
const USER = `mandate:${PASSWORD}`;

async function allow(port: number, rules: readonly string[]): Promise<void> {
  const answer = await askRedis(port, `ACL SETUSER mandate reset on >${PASSWORD} ${rules.join(' ')}`);
  if (!answer.startsWith('+OK')) throw new Error(answer);
}

type State = Awaited<ReturnType<typeof openState>>;

/** Whether Redis did not answer for a rate limit: then this process limits alone, and the log tells. */
async function isLimitedByItself({ limits, messages }: State): Promise<boolean> {
  const request = { form: new Map(), authorization: undefined, address: () => '192.0.2.1' };
  await limits.guard(
    request,
    () => Promise.resolve('client'),
    (client) => [client],
  );
  return messages().includes('rate limits hold for this process alone');
}

/** A person is asked, and not once more, agrees, and what comes of it is used, listed and ended; how many are listed. */
async function agree({ backchannelRequests, delegations, refreshTokens }: State, id: string): Promise<number> {
  const [now, expiresAt] = [systemClock(), systemClock() + 60];
  const terms = { clientId: id, scopes: ['read'], resources: [], expiresAt };
  const person = { person: id, sub: id };
  const request = { ...terms, ...person, id, decisionId: id, created: now, interval: 5 };
  await backchannelRequests.add(request, { maxOpen: 1, maxOpenOfClient: 1 });
  await backchannelRequests.add({ ...request, id: `${id}.` }, { maxOpen: 1, maxOpenOfClient: 1 });
  await backchannelRequests.poll(id, id);
  await backchannelRequests.poll(id, id);
  await backchannelRequests.decide(id, { approve: true, sub: id });
  await backchannelRequests.poll(id, id, 'attempt');
  await backchannelRequests.takeBack(id, 'attempt');
  const subject = { iss: 'https://as.example.com', sub: id };
  const use = { scopes: ['read'], locations: [], created: now, until: expiresAt, used: 0, origin: 'ciba' as const };
  await delegations.record({ id, subject, actor: { clientId: id }, clientId: id, ...use });
  await delegations.spend(id);
  const page = await delegations.list({ clientId: id });
  await delegations.list({ clientId: id }, { cursor: 'over' });
  await delegations.end(id);
  await refreshTokens.issue({ ...terms, digest: id, grantId: id, sub: id });
  await refreshTokens.rotate(id, id, { digest: `${id}.`, expiresAt });
  await refreshTokens.takeBack(id, { from: `${id}.`, to: id });
  await refreshTokens.end(id);
  return page.delegations.length;
}

/** Everything a service asks of Redis: what fails, by name. */
async function failuresOf(state: State): Promise<string[]> {
  const name = `assertion-${Math.random()}`;
  const expiresAt = systemClock() + 60;
  const outcomes = {
    health: (await state.health())?.ready,
    revoke: await outcomeOf(state.revocations.revoke([{ kind: 'client', clientId: name, before: 1, expiresAt }])),
    ask: await outcomeOf(state.revocations.isAnyRevoked([question])),
    mark: await outcomeOf(state.replays.markUsed(name, expiresAt)),
    replay: await outcomeOf(state.replays.markUsed(name, expiresAt)),
    limit: await isLimitedByItself(state),
    agree: await outcomeOf(agree(state, name)),
  };
  const expected = { health: true, revoke: undefined, ask: false, mark: true, replay: false, limit: false, agree: 1 };
  return Object.keys(expected).filter(
    (key) => outcomes[key as keyof typeof expected] !== expected[key as keyof typeof expected],
  );
}

/** What Redis has refused somebody, as its own log tells. */
const refusals = async (port: number): Promise<string> => (await askRedis(port, 'ACL LOG')).slice(0, 400);

const closeLater = closeAfterEach();

async function startRedis(args: readonly string[] = []): Promise<RedisProcess> {
  const redis = await startRedisProcess(program ?? '', { args });
  closeLater({ close: () => redis.stop() });
  return redis;
}

async function compose(variables: Parameters<typeof openState>[0]): Promise<State> {
  return closeLater(await openState(variables));
}

withRedis('a user of Redis with the documented rights and no other', () => {
  it('is enough for one server, and each of them is needed', async () => {
    const { port } = await startRedis();
    await allow(port, [...KEYS, ...ALWAYS]);
    const REDIS_URL = `redis://${USER}@127.0.0.1:${port}`;
    expect(await failuresOf(await compose({ REDIS_URL }))).toEqual([]);
    expect(await refusals(port)).toBe('*0\r\n');
    for (const missingRule of [...KEYS, ...ALWAYS]) {
      await allow(
        port,
        [...KEYS, ...ALWAYS].filter((rule) => rule !== missingRule),
      );
      expect([missingRule, await failuresOf(await compose({ REDIS_URL }))]).not.toEqual([missingRule, []]);
    }
  });

  it('is enough for a database number and for replicas that must confirm', async () => {
    const { port } = await startRedis(['--repl-diskless-sync-delay', '0']);
    await startRedis(['--replicaof', `127.0.0.1 ${port}`]);
    await until(async () => (await askRedis(port, 'INFO replication')).includes('state=online'));
    await allow(port, [...KEYS, ...ALWAYS, ...DATABASE, ...REPLICAS]);
    const REDIS_URL = `redis://${USER}@127.0.0.1:${port}/3`;
    const state = await compose({ REDIS_URL, REDIS_WAIT_REPLICAS: 1 });
    // A replica that has just come may confirm late.
    await until(async () => (await failuresOf(state)).length === 0);
    expect(await refusals(port)).toBe('*0\r\n');
  });

  it('is enough behind Sentinels, which have users of their own', async () => {
    const group = await startRedisSentinels(program ?? '', {
      settings: [
        'user default on nopass ~* &* +@all -sentinel|get-master-addr-by-name',
        `user sentinel on >other-password ${AT_SENTINEL.join(' ')}`,
      ],
    });
    closeLater({ close: () => group.stop() });
    const [master] = group.nodes;
    await allow(master?.port ?? 0, [...KEYS, ...ALWAYS, ...BY_SENTINEL]);
    const REDIS_URL = group.url.replace('://', `://${USER}@`);
    const account = { REDIS_SENTINEL_USERNAME: 'sentinel', REDIS_SENTINEL_PASSWORD: 'other-password' };
    expect(await failuresOf(await compose({ REDIS_URL, ...account }))).toEqual([]);
    expect(await refusals(master?.port ?? 0)).toBe('*0\r\n');
    for (const { port } of group.sentinels) expect(await refusals(port)).toBe('*0\r\n');
    const without = await compose({ REDIS_URL });
    expect(await without.health()).toMatchObject({ ready: false });
  });

  it('is enough in a Cluster', async () => {
    const cluster = await startRedisCluster(program ?? '');
    closeLater({ close: () => cluster.stop() });
    for (const { port } of cluster.nodes) await allow(port, [...KEYS, ...ALWAYS, ...IN_CLUSTER]);
    const REDIS_URL = cluster.url.replaceAll('redis://', `redis://${USER}@`);
    expect(await failuresOf(await compose({ REDIS_URL }))).toEqual([]);
    for (const { port } of cluster.nodes) expect(await refusals(port)).toBe('*0\r\n');
  });
});

withRedis('the settings of Sentinels', () => {
  it('are refused where there are none', async () => {
    const REDIS_URL = 'redis://127.0.0.1:1';
    for (const variables of [
      { REDIS_SENTINEL_USERNAME: 'u' },
      { REDIS_SENTINEL_PASSWORD: 'p' },
      { REDIS_SENTINEL_TLS: false },
    ]) {
      const [name = ''] = Object.keys(variables);
      await expect(openState({ REDIS_URL, ...variables })).rejects.toThrow(`${name}: needs redis+sentinel://`);
    }
  });
});
