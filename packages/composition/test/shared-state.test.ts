import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import { type Runtime, createHttpClient, createLogger, createMetrics } from '@mandate/service-kit';
import { fixedClock } from '@mandate/testing';
import { composeSharedState } from '../src/index.js';
import type { StateSettings } from '../src/shared-state.js';

const settings: StateSettings = {
  REDIS_TIMEOUT_MS: 250,
  REDIS_WAIT_REPLICAS: 0,
  REQUIRE_SHARED_STATE: false,
  RATE_LIMIT: 'on',
  RATE_LIMIT_CLIENT: '9/1',
  RATE_LIMIT_ADDRESS: '9/1',
  RATE_LIMIT_FAILURES: '9/1',
  RELOAD_INTERVAL_SECONDS: 5,
};

function testRuntime(lines: string[] = []): Runtime {
  const output = { write: (line: string) => void lines.push(line) };
  return {
    logger: createLogger({ level: 'info', service: 'test', destination: output }),
    output,
    metrics: createMetrics({ defaults: false }),
    clock: fixedClock(),
    http: createHttpClient(),
  };
}

describe('composeSharedState', () => {
  it('keeps state in memory without REDIS_URL, and says so in one line', async () => {
    const lines: string[] = [];
    const { revocations, parts } = await composeSharedState(settings, testRuntime(lines));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"variable":"REDIS_URL"');
    expect(parts).toEqual([]);
    expect(await revocations.isAnyRevoked([])).toBe(false);
  });

  it('says nothing of memory where there is no other process', async () => {
    const lines: string[] = [];
    const { place } = await composeSharedState(settings, testRuntime(lines), { isOnlyProcess: true });
    expect({ place, lines }).toEqual({ place: 'memory', lines: [] });
  });

  it('TX-72 refuses memory where shared state is required', async () => {
    const composition = composeSharedState({ ...settings, REQUIRE_SHARED_STATE: true }, testRuntime());
    await expect(composition).rejects.toThrow(ConfigError);
    await expect(composition).rejects.toThrow(/REDIS_URL/);
  });

  it('uses the state it is given, for services in one process', async () => {
    const sharedState = await composeSharedState(settings, testRuntime());
    const lines: string[] = [];
    const composition = await composeSharedState(settings, testRuntime(lines), { given: sharedState });
    expect(composition.revocations).toBe(sharedState.revocations);
    expect(composition.limits).toBe(sharedState.limits);
    expect(lines).toEqual([]);
  });

  it.each([
    ['REDIS_URL', { REDIS_URL: 'http://user:hunter2@h' }],
    ['REDIS_CA_FILE', { REDIS_URL: 'redis://:hunter2@h', REDIS_CA_FILE: 'README.md' }],
    ['REDIS_CA_FILE', { REDIS_URL: 'rediss://:hunter2@h', REDIS_CA_FILE: 'README.md' }],
    ['REDIS_WAIT_REPLICAS', { REDIS_URL: 'redis://:hunter2@a,redis://b', REDIS_WAIT_REPLICAS: 1 }],
  ])('S11 refuses a wrong %s without showing a password', async (variable, value) => {
    const failure: unknown = await composeSharedState({ ...settings, ...value }, testRuntime()).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ issues: [{ variable }] });
    expect(String(failure)).not.toContain('hunter2');
  });

  it('counts questions by outcome, and is not ready while Redis is down', async () => {
    const lines: string[] = [];
    const runtime = testRuntime(lines);
    const down = { ...settings, REDIS_URL: 'redis://:hunter2@127.0.0.1:1' };
    const sharedState = await composeSharedState(down, runtime);
    await expect(sharedState.revocations.isAnyRevoked([{ ids: ['x'], cutOffs: [], issuedAt: 0 }])).rejects.toThrow(
      'unreachable',
    );
    expect(await sharedState.parts[0]?.status()).toEqual({ ready: false, detail: 'unreachable' });
    expect((await runtime.metrics.render()).body).toContain('revocation_checks_total{outcome="failed"} 1');
    expect(lines.join('\n')).not.toContain('hunter2');
    sharedState.close?.();
  });
});
