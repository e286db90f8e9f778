import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parsePolicyFile } from '@mandate/policy';
import { tableRows } from './markdown.js';

const document = readFileSync(new URL('../../docs/policies.md', import.meta.url), 'utf8');
const example = /```json\n([^`]*)```/.exec(document)?.[1] ?? '';
const members = tableRows(document, 'member').map(([name]) => name?.replaceAll('`', '') ?? '');
const rule = (members: object) => JSON.stringify({ resources: [{ patterns: ['urn:x'], audience: 'x', ...members }] });

describe('docs/policies.md', () => {
  it('has an example that loads and uses every member of its table', () => {
    expect(parsePolicyFile(example)).toHaveLength(4);
    expect(members.length).toBeGreaterThan(12);
    expect(members.filter((name) => !example.includes(`"${name}":`))).toEqual([]);
  });

  it('lists every member that the rules in force have', () => {
    const inForce = Object.keys(parsePolicyFile(rule({ id: 'x' }))[0] ?? {}).filter((name) => name !== 'name');
    expect(inForce.filter((name) => !members.includes(name))).toEqual([]);
  });

  it('tells right which patterns are refused', () => {
    const patterns = tableRows(document, 'pattern').flatMap(([cell = '', what = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, pattern]) => ({ pattern, isRefused: what.startsWith('refused') })),
    );
    expect(patterns.filter(({ isRefused }) => isRefused)).toHaveLength(4);
    for (const { pattern, isRefused } of patterns) {
      const load = () => parsePolicyFile(rule({ patterns: [pattern] }));
      if (isRefused) expect(load).toThrow();
      else expect(load).not.toThrow();
    }
  });
});
