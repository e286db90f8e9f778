import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { filesBelow, tableRows } from './markdown.js';

const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const threats = tableRows(document, 'id').map(([id = '', threat, answer, tests = '']) => ({
  ...{ id, threat, answer, tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? '') },
}));
const testFiles = new Map(
  ['packages', 'services', 'test']
    .flatMap((folder) => filesBelow(folder, '.test.ts'))
    .map(({ path, text }) => [path, text]),
);

/** Whether a string of the source, as the name of a test is one, carries the id as a word. */
function namesTest(source: string, id: string): boolean {
  return source.split('\n').some((line) => new RegExp(`['"\`][^'"\`]*(?<![\\w-])${id}(?![\\w-])`).test(line));
}

describe('docs/security.md', () => {
  it('lists every threat once, with its answer', () => {
    const ids = threats.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
    expect(threats.filter(({ threat, answer }) => threat === '' || answer === '')).toEqual([]);
  });

  it.each(threats)('names tests of $id that exist', ({ id, tests }) => {
    expect(tests).not.toEqual([]);
    expect(tests.filter((path) => !namesTest(testFiles.get(path) ?? '', id))).toEqual([]);
  });
});
