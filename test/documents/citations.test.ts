import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { filesBelow, tableRows } from './markdown.js';

const root = resolve(import.meta.dirname, '../..');
const sources = ['packages', 'services', 'scripts', 'bench', 'test'].flatMap((folder) => filesBelow(folder, '.ts'));
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const threats = new Set(tableRows(textOf('docs/security.md'), 'id').map(([id]) => id));
const cases = new Set(tableRows(textOf('docs/cases.md'), 'code').map(([code]) => code));
/** A document with a heading in quotes, or its number, or the row of a threat. */
const DOCUMENT =
  /(?<![\w/-])((?:(?:docs|k8s|services|packages)\/[\w/-]+|[A-Z]+)\.md)(?: sections? (\d+)| ([TCHXKSP]\d+)|,? "([^"]+)")?/g;
const CASE = /(?<![\w-])(?:CA|GR|IN|RV|JW|PB|TX)-\d{2}(?![\w-])/g;

const brokenCitations = ([citation, path = '', section, threat, heading]: RegExpMatchArray): string[] => {
  if (!existsSync(join(root, path))) return [citation];
  if (section !== undefined && !textOf(path).includes(`\n## ${section}. `)) return [citation];
  if (heading !== undefined && !textOf(path).includes(`\n## ${heading}\n`)) return [citation];
  return threat !== undefined && !threats.has(threat) ? [citation] : [];
};

describe('what the code cites', () => {
  it('is in this repository: document, numbered heading and row', () => {
    const citations = sources.flatMap(({ text }) => [...text.matchAll(DOCUMENT)]);
    expect(citations.length).toBeGreaterThan(50);
    expect(citations.flatMap(brokenCitations)).toEqual([]);
    expect(sources.flatMap(({ text }) => text.match(/(?<![\w/-])[\w-]+\.md section/g) ?? [])).toEqual([]);
  });

  it('by the code of a case is a row of docs/cases.md, which is made from the tests', () => {
    const codes = sources.flatMap(({ text }) => text.match(CASE) ?? []);
    expect(codes.length).toBeGreaterThan(300);
    expect([...new Set(codes)].filter((code) => !cases.has(code))).toEqual([]);
  });
});
