import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const document = readFileSync(new URL('docs/integrating.md', root), 'utf8');
const PROGRAMS: Readonly<Record<string, string>> = {
  go: 'test/clients/go-oidc/main.go',
  java: 'test/clients/spring/Main.java',
  python: 'test/clients/python/main.py',
};
const blocks = [...document.matchAll(/^```(go|java|python)\n([\s\S]*?)^```/gm)].map(
  ([, language = '', block = '']) => ({
    language,
    block: linesOf(block),
  }),
);

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

describe('docs/integrating.md', () => {
  it.each(blocks)('says in $language what the program that is tried says: $block', ({ language, block }) => {
    const program = linesOf(readFileSync(new URL(PROGRAMS[language] ?? '', root), 'utf8'));
    const isSaid = (line: string): boolean => program.some((one) => one.includes(line));
    expect(block.filter((line) => !isSaid(line))).toEqual([]);
  });

  it('has code in each language', () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(Object.keys(PROGRAMS)));
  });
});
