import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import { until } from '@mandate/testing';
import { type ExchangeWorld, imagesRule, startExchangeWorld } from './exchange-world.js';

const VARIABLE = 'EXCHANGE_POLICY_JSON_CONFIG_PATH';
const CANARY = 'canary-of-a-bad-file';
const folder = mkdtempSync(join(tmpdir(), 'mandate-policy-file-'));
const path = join(folder, 'policy.json');
afterAll(() => rmSync(folder, { recursive: true }));

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
  afterAll(() => world.close());

  const part = async (): Promise<Record<string, unknown>> => {
    const readyz = await fetch(`${world.managementUrl}/readyz?verbose`);
    expect(readyz.status).toBe(200);
    const { parts } = (await readyz.json()) as { parts: Record<string, Record<string, unknown>> };
    return parts[`file:${VARIABLE}`] ?? {};
  };
  const counted = async (outcome: string): Promise<number> => {
    const line = `file_reloads_total{variable="${VARIABLE}",outcome="${outcome}"} `;
    return Number((await world.metrics()).split(line)[1]?.split('\n')[0] ?? 0);
  };
  /** Exchanges until the metric has moved on, and returns the scopes that were given meanwhile. */
  const exchangeUntil = async (outcome: string, moreThan: number): Promise<Set<unknown>> => {
    const given = new Set<unknown>();
    await until(async () => {
      given.add((await world.exchange()).body['scope']);
      return (await counted(outcome)) > moreThan;
    });
    given.add((await world.exchange()).body['scope']);
    return given;
  };
  /** Readiness is asked for once a second at most. */
  const isDegraded = (expected: boolean): Promise<void> =>
    until(async () => ((await part())['degraded'] === true) === expected);

  it.each(bad)('PB-37 %s: the last good policy decides on, which is counted and seen', async (_name, putBad) => {
    const failures = await counted('failure');
    putBad();
    expect([...(await exchangeUntil('failure', failures))]).toEqual(['read']);
    await isDegraded(true);
    expect(await part()).toMatchObject({ ready: true, degraded: true, detail: expect.any(String) });
    expect(JSON.stringify(await part()) + world.logLines.join('\n')).not.toContain(CANARY);
  });

  it('PB-37 a good one again decides from then on', async () => {
    const successes = await counted('success');
    put(rule({ scopes: ['write'] }));
    const given = await exchangeUntil('success', successes);
    expect([...given].at(-1)).toBe('write');
    await isDegraded(false);
  });
});
