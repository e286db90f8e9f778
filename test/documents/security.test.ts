import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { tableRows } from './markdown.js';
import { testsByThreat, THREATS } from './threats.js';

const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const rows = tableRows(document, 'id').map(([id = '', threat, answer]) => ({ id, threat, answer }));
const tests = testsByThreat();

describe('docs/security.md', () => {
  it('has every threat once, with its answer', () => {
    expect(rows.map(({ id }) => id)).toEqual(THREATS);
    expect(rows.filter(({ threat, answer }) => threat === '' || answer === '')).toEqual([]);
  });

  it.each(rows)('names $id as tests do', ({ id }) => {
    expect(tests.get(id)).not.toEqual([]);
  });
});
