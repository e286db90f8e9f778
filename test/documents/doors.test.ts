import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { filesBelow } from './markdown.js';

const sources = ['packages', 'services', 'scripts', 'bench', 'test'].flatMap((folder) => filesBelow(folder, '.ts'));
const NAMES = /(import|export)(?: type)?\s*\{([^}]*)\}\s*from '([^']+)'/g;

/** What a file imports from, or exports again from, the places that `isFrom` says. */
function namesIn(text: string, kind: 'import' | 'export', isFrom: (place: string) => boolean): string[] {
  return [...text.matchAll(NAMES)]
    .filter(([, word, , place = '']) => word === kind && isFrom(place))
    .flatMap(([, , names = '']) => names.split(',').map((name) => name.trim().replace(/^type /, '')))
    .filter((name) => name !== '')
    .map((name) => name.split(' as ').at(kind === 'export' ? -1 : 0) ?? '');
}

describe('the door of a package (src/index.ts)', () => {
  it.each(readdirSync(new URL('../../packages', import.meta.url)))(
    '%s: has nothing that nobody outside uses',
    (name) => {
      const door = sources.find(({ path }) => path === `packages/${name}/src/index.ts`);
      const outside = sources.filter(({ path }) => !path.startsWith(`packages/${name}/`));
      const importNames = new Set(
        outside.flatMap(({ text }) => namesIn(text, 'import', (place) => place === `@mandate/${name}`)),
      );
      const exportNames = namesIn(door?.text ?? '', 'export', () => true);
      expect(exportNames.length).toBeGreaterThan(0);
      expect(exportNames.filter((exportedName) => !importNames.has(exportedName))).toEqual([]);
    },
  );
});
