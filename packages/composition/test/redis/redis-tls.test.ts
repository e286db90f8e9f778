import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  createTestAuthority,
  freePort,
  startRedisCluster,
  startRedisProcess,
  startRedisSentinels,
  testDirectory,
  until,
} from '@mandate/testing';
import { openState, outcomeOf, program, question, systemClock, withRedis } from './redis-world.js';

const directory = testDirectory();

/** A Redis with TLS whose certificate an authority has signed; `ask` takes its answer through a service's own settings. */
async function startTlsRedis(certificateFile: string, keyFile: string) {
  const port = await freePort();
  const tls = ['--tls-port', String(port), '--tls-cert-file', certificateFile, '--tls-key-file', keyFile];
  const redis = await startRedisProcess(program ?? '', { args: [...tls, '--tls-auth-clients', 'no'] });
  const connect = (caFile?: string) =>
    openState({ REDIS_URL: `rediss://127.0.0.1:${port}`, REDIS_CA_FILE: caFile, RATE_LIMIT: 'off' });
  return { connect, stop: () => redis.stop() };
}

withRedis('a Redis over TLS', () => {
  it('is believed by REDIS_CA_FILE alone, from the moment the file names its authority', async () => {
    const formerAuthority = await createTestAuthority(directory, 'former');
    const current = await createTestAuthority(directory, 'current');
    const { certificateFile, keyFile } = await current.issue('redis', '127.0.0.1');
    const redis = await startTlsRedis(certificateFile, keyFile);
    const caFile = join(directory, 'trusted.pem');
    copyFileSync(formerAuthority.caFile, caFile);
    const [byFile, bySystem] = [await redis.connect(caFile), await redis.connect()];
    const ask = () => outcomeOf(byFile.revocations.isAnyRevoked([question]));
    expect(await ask()).toBe('redis: unreachable');

    copyFileSync(current.caFile, caFile);
    await until(async () => (await ask()) === false);
    expect(await outcomeOf(bySystem.revocations.isAnyRevoked([question]))).toBe('redis: unreachable');

    for (const client of [byFile, bySystem]) client.close?.();
    await redis.stop();
  });
});

withRedis('a Redis Cluster over TLS', () => {
  it('is reached under the names of its nodes, which their certificates name, and not under their addresses', async () => {
    const authority = await createTestAuthority(directory, 'cluster-authority');
    const certificates = { caFile: authority.caFile, ...(await authority.issue('node', 'localhost')) };
    const cluster = await startRedisCluster(program ?? '', { ...certificates, host: 'localhost' });
    const state = await openState({ REDIS_URL: cluster.url, REDIS_CA_FILE: authority.caFile });
    const names = Array.from({ length: 20 }, (_, index) => `assertion-${index}`);
    const marks = names.map((name) => outcomeOf(state.replays.markUsed(name, systemClock() + 60)));
    expect(await Promise.all(marks)).toEqual(names.map(() => true));
    expect(await state.health()).toEqual({ ready: true });
    state.close?.();
    await cluster.stop();
  });
});

withRedis('Sentinels over TLS', () => {
  it('are asked over TLS where REDIS_SENTINEL_TLS says so, for a Redis without', async () => {
    const authority = await createTestAuthority(directory, 'sentinel-authority');
    const tls = { caFile: authority.caFile, ...(await authority.issue('sentinel', '127.0.0.1')) };
    const group = await startRedisSentinels(program ?? '', { tls });
    const settings = { REDIS_URL: group.url, REDIS_CA_FILE: authority.caFile };
    const state = await openState({ ...settings, REDIS_SENTINEL_TLS: true });
    expect(await outcomeOf(state.revocations.isAnyRevoked([question]))).toBe(false);
    await expect(openState(settings)).rejects.toThrow('REDIS_CA_FILE');
    state.close?.();
    await group.stop();
  });
});
