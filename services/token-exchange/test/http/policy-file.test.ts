import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import { testDirectory, until } from '@mandate/testing';
import { type ExchangeWorld, imagesRule, startExchangeWorld } from './exchange-world.js';

const VARIABLE = 'EXCHANGE_POLICY_JSON_CONFIG_PATH';
const CANARY = 'canary-of-a-bad-file';
const path = join(testDirectory(), 'policy.json');

const rule = (members: object): string => JSON.stringify({ resources: [{ ...imagesRule, ...members }] });
const remove = (): void => rmSync(path, { recursive: true, force: true });
const put = (text: string): void => {
  remove();
  writeFileSync(path, text);
};
const putDirectory = (): void => {
  remove();
  mkdirSync(path);
};

/** What PB-37 puts in the file's place. */
const bad: [name: string, put: () => void][] = [
  ['a missing file', remove],
  ['something that cannot be read', putDirectory],
  ['invalid JSON', () => put(`{"resources":[${CANARY}`)],
  ['half of a file', () => put(rule({ scopes: ['write'] }).slice(0, -2))],
  ['an unknown member', () => put(rule({ scopes: ['write'], allowedActor: [CANARY] }))],
  ['an empty file', () => put('')],
  ['a member of the wrong type', () => put(rule({ scopes: CANARY }))],
  ['no object', () => put('[]')],
  ['a pattern that ends within a host', () => put(rule({ scopes: ['write'], patterns: ['http://host*'] }))],
];

describe('a policy file that cannot be used at start', () => {
  it.each(bad)('PB-37 %s: no start, for the variable that names it', async (_name, putBad) => {
    putBad();
    const error: unknown = await startExchangeWorld([], { [VARIABLE]: path }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(VARIABLE);
    expect(String(error)).not.toContain(CANARY);
  });
});

describe('a policy file that is replaced while requests run', () => {
  let world: ExchangeWorld;
  beforeAll(async () => {
    put(rule({ scopes: ['read'] }));
    world = await startExchangeWorld([], { [VARIABLE]: path });
  });

  const part = async (): Promise<Record<string, unknown>> => {
    const { status, parts } = await world.readiness();
    expect(status).toBe(200);
    return parts[`file:${VARIABLE}`] ?? {};
  };
  const reloadCount = async (outcome: string): Promise<number> => {
    const line = `file_reloads_total{variable="${VARIABLE}",outcome="${outcome}"} `;
    return Number((await world.metrics()).split(line)[1]?.split('\n')[0] ?? 0);
  };
  /** Exchanges until the metric has moved on, and returns the scopes that were granted meanwhile. */
  const exchangeUntil = async (outcome: string, moreThan: number): Promise<Set<unknown>> => {
    const scopes = new Set<unknown>();
    await until(async () => {
      scopes.add((await world.exchange()).body['scope']);
      return (await reloadCount(outcome)) > moreThan;
    });
    scopes.add((await world.exchange()).body['scope']);
    return scopes;
  };
  /** Readiness is asked for once a second at most. */
  const untilDegraded = (degraded: boolean): Promise<void> =>
    until(async () => ((await part())['degraded'] === true) === degraded);

  it.each(bad)('PB-37 %s: the last good policy decides on, which is counted and seen', async (_name, putBad) => {
    const failures = await reloadCount('failure');
    putBad();
    expect([...(await exchangeUntil('failure', failures))]).toEqual(['read']);
    await untilDegraded(true);
    expect(await part()).toMatchObject({ ready: true, degraded: true, detail: expect.any(String) });
    expect(JSON.stringify(await part()) + world.logLines.join('\n')).not.toContain(CANARY);
  });

  it('PB-37 a good one again decides from then on', async () => {
    const successes = await reloadCount('success');
    put(rule({ scopes: ['write'] }));
    const scopes = await exchangeUntil('success', successes);
    expect([...scopes].at(-1)).toBe('write');
    await untilDegraded(false);
  });
});
