import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';
import { parseClientsInSteps } from '@mandate/clients';
import type { Steps } from '@mandate/ports';
import { loadPolicy } from '@mandate/policy';
import { createReloadingFile } from '@mandate/service-kit';

const path = join(testDirectory(), 'file.json');

function listOf<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count }, (_, number) => make(number));
}

const clientFile = (count: number): string =>
  JSON.stringify(
    listOf(count, (number) => ({
      clientId: `client-${number}`,
      clientSecret: `secret-${number}`,
      scopes: ['read', 'write'],
      attributes: { team: `team-${number % 10}` },
    })),
  );

const policyFile = (count: number): string =>
  JSON.stringify({
    resources: listOf(count, (number) => ({
      id: `rule-${number}`,
      patterns: [`https://s${number}.example/*`],
      audience: `https://s${number}.example`,
      scopes: ['read'],
      additionalClaims: { department: 'photos' },
    })),
  });

/** Reloads a file, and says how many turns of the event loop others had meanwhile, and the longest one to wait. */
async function reload<T>(texts: [string, string], parseInSteps: (text: string) => Steps<T>) {
  writeFileSync(path, texts[0]);
  let changes = 0;
  const options = { path, variable: 'FILE', parseInSteps, intervalSeconds: 3600 };
  const file = createReloadingFile({ ...options, onReload: () => changes++ });
  writeFileSync(path, texts[1]);
  let turns = 0;
  let hasEnded = false;
  const count = (): void => {
    turns++;
    if (!hasEnded) setImmediate(count);
  };
  setImmediate(count);
  await file.check();
  hasEnded = true;
  file.close();
  return { turns, changes };
}

describe('a large file', () => {
  it.each([
    ['20,000 clients', [clientFile(1), clientFile(20_000)], parseClientsInSteps],
    ['10,000 rules', [policyFile(1), policyFile(10_000)], loadPolicy],
    ['10,000 rules of which the last is wrong', [policyFile(1), policyFile(10_000).replace(/.{9}$/, '}')], loadPolicy],
  ] as const)('is reloaded between requests: %s', async (_name, [before, after], parse) => {
    const { turns, changes } = await reload([before, after], parse as (text: string) => Steps<unknown>);
    expect(changes).toBe(1);
    // One turn for every few milliseconds that the work takes, on any machine; one or two if it blocked.
    expect(turns).toBeGreaterThan(10);
  });

  it('is in use whole or not at all: the old version answers until the new one is complete', async () => {
    writeFileSync(path, policyFile(1));
    const file = createReloadingFile({ path, variable: 'FILE', parseInSteps: loadPolicy, intervalSeconds: 3600 });
    const before = file.current();
    writeFileSync(path, policyFile(5000));
    const versions = new Set([before]);
    const end = file.check().then(() => true);
    const nextTurn = () => new Promise<false>((resolve) => setImmediate(() => resolve(false)));
    while (!(await Promise.race([end, nextTurn()]))) versions.add(file.current());
    versions.add(file.current());
    expect(versions.size).toBe(2);
    expect(file.current().forAudience('https://s4999.example')).toHaveLength(1);
    file.close();
  });

  it('is not put in use after the file was closed', async () => {
    writeFileSync(path, policyFile(1));
    const outcomes: unknown[] = [];
    const options = { path, variable: 'FILE', parseInSteps: loadPolicy, intervalSeconds: 3600 };
    const file = createReloadingFile({ ...options, onReload: (outcome) => outcomes.push(outcome) });
    writeFileSync(path, policyFile(5000));
    const check = file.check();
    file.close();
    await check;
    expect(outcomes).toEqual([]);
    expect(file.current().forAudience('https://s4999.example')).toEqual([]);
  });
});
