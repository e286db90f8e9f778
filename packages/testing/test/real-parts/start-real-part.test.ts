import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';
import { type RealPart, type RealPartWay, startRealPart } from '../../src/real-parts/start-real-part.js';

const absent: RealPartWay = { name: 'absent', start: () => Promise.resolve(undefined) };
const failingWay: RealPartWay = { name: 'failing', start: () => Promise.reject(new Error('it broke')) };
const workingWay: RealPartWay = { name: 'working', start: () => Promise.resolve('here:1') };

const part = (...ways: RealPartWay[]): RealPart => ({
  name: 'Example',
  addressVariable: 'TEST_EXAMPLE_URL',
  ways,
  advice: 'Install it.',
});

describe('starting a real part', () => {
  const directory = testDirectory();

  it('takes the address from the environment and starts nothing', async () => {
    const place = await startRealPart(part(failingWay, workingWay), { TEST_EXAMPLE_URL: 'there:2' });
    expect(place).toMatchObject({ address: 'there:2', how: 'address from TEST_EXAMPLE_URL' });
  });

  it('takes the first way that gives one', async () => {
    const place = await startRealPart(part(absent, failingWay, workingWay), {});
    expect(place).toMatchObject({ address: 'here:1', how: 'working' });
  });

  it('takes no other way than the one that the environment names, where the part has that', async () => {
    const env = { TEST_PARTS_BY: 'failing', CI: 'true' };
    await expect(startRealPart(part(absent, failingWay, workingWay), env)).rejects.toThrow('(failing: it broke)');
    expect(await startRealPart(part(absent, workingWay), env)).toMatchObject({ how: 'working' });
  });

  it('is undefined outside CI when no way gives one, and says why', async () => {
    const reasons: string[] = [];
    expect(await startRealPart(part(absent), {}, (reason) => reasons.push(reason))).toBeUndefined();
    expect(reasons).toEqual(['Example is missing (absent: not here). Install it.']);
  });

  it('says why in the file that the summary after all tests is made of', async () => {
    const file = join(directory, 'parts');
    for (let time = 0; time < 2; time++) await startRealPart(part(absent), { SKIPPED_PARTS_FILE: file });
    const reason = 'Example is missing (absent: not here). Install it.\n';
    expect(readFileSync(file, 'utf8')).toBe(reason.repeat(2));
  });

  it('fails in CI with every way tried and what to do', async () => {
    await expect(startRealPart(part(absent, failingWay), { CI: 'true' })).rejects.toThrow(
      'Example is missing (absent: not here; failing: it broke). Install it.',
    );
  });
});
