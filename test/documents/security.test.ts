import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { tableRows } from './markdown.js';
import { testsByThreat, THREATS } from './threats.js';

const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const rows = tableRows(document, 'id').map(([id = '', threat, answer, tests = '']) => ({
  ...{ id, threat, answer, tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? '') },
}));
const tests = testsByThreat();

afterAll(() => {
  const names = [...tests.values()].flat().reduce((sum, file) => sum + file.names, 0);
  const files = new Set([...tests.values()].flat().map(({ path }) => path));
  process.stderr.write(`threats: ${rows.length} rows, ${names} names of tests in ${files.size} files\n`);
});

describe('docs/security.md', () => {
  it('has every threat once, with its answer', () => {
    expect(rows.map(({ id }) => id)).toEqual(THREATS);
    expect(rows.filter(({ threat, answer }) => threat === '' || answer === '')).toEqual([]);
  });

  it.each(rows)('names the tests of $id, all of them and no others (npm run docs:threats)', (row) => {
    expect(row.tests).not.toEqual([]);
    expect(row.tests).toEqual(tests.get(row.id)?.map(({ path }) => path));
  });
});
