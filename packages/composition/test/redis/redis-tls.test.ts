import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import { createHttpClient, createLogger, createMetrics } from '@mandate/service-kit';
import { createTestAuthority, freePort, startRedisProcess } from '@mandate/testing';
import { composeSharedState } from '../../src/index.js';
import { outcomeOf, program, question, systemClock, withRedis } from './redis-world.js';

const directory = mkdtempSync(join(tmpdir(), 'mandate-redis-tls-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A Redis with TLS whose certificate an authority has signed; `ask` takes its answer through a service's own settings. */
async function startTlsRedis(certificateFile: string, keyFile: string) {
  const port = await freePort();
  const tls = ['--tls-port', String(port), '--tls-cert-file', certificateFile, '--tls-key-file', keyFile];
  const redis = await startRedisProcess(program ?? '', { args: [...tls, '--tls-auth-clients', 'no'] });
  const output = { write: () => undefined };
  const connect = (caFile?: string) =>
    composeSharedState(
      {
        REDIS_URL: `rediss://127.0.0.1:${port}`,
        REDIS_CA_FILE: caFile,
        RELOAD_INTERVAL_SECONDS: 1,
        REDIS_TIMEOUT_MS: 2000,
        REDIS_WAIT_REPLICAS: 0,
        REQUIRE_SHARED_STATE: true,
        RATE_LIMIT: 'off',
        RATE_LIMIT_CLIENT: '1/1',
        RATE_LIMIT_ADDRESS: '1/1',
        RATE_LIMIT_FAILURES: '1/1',
      },
      {
        logger: createLogger({ level: 'silent', service: 'test', destination: output }),
        output,
        metrics: createMetrics({ defaults: false }),
        clock: systemClock,
        http: createHttpClient(),
      },
    );
  return { connect, stop: () => redis.stop() };
}

withRedis('a Redis over TLS', () => {
  it('is believed by REDIS_CA_FILE alone, from the moment the file names its authority', async () => {
    const former = await createTestAuthority(directory, 'former');
    const current = await createTestAuthority(directory, 'current');
    const { certificateFile, keyFile } = await current.issue('redis', '127.0.0.1');
    const redis = await startTlsRedis(certificateFile, keyFile);
    const caFile = join(directory, 'trusted.pem');
    copyFileSync(former.caFile, caFile);
    const [byFile, bySystem] = [await redis.connect(caFile), await redis.connect()];
    const ask = () => outcomeOf(byFile.revocations.isAnyRevoked([question]));
    expect(await ask()).toBe('redis: unreachable');

    copyFileSync(current.caFile, caFile);
    for (let attempt = 0; attempt < 100 && (await ask()) !== false; attempt++) await sleep(100);
    expect(await ask()).toBe(false);
    expect(await outcomeOf(bySystem.revocations.isAnyRevoked([question]))).toBe('redis: unreachable');

    for (const connected of [byFile, bySystem]) connected.close();
    await redis.stop();
  });
});
