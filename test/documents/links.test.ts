import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { documents } from './markdown.js';

const root = resolve(import.meta.dirname, '../..');
const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)/g;
const ANCHOR = /\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g;
/** A path from the root in backquotes; `acme` is the example of CONTRIBUTING.md. */
const NAMED = /`((?:packages|services|test|docs|scripts|config)\/(?![^`]*acme)[\w./-]+)`/g;
const SCRIPT = /npm run ([a-z][\w:-]*)/g;

const targets = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, target]) => target ?? '');
/** Whether a document, `''` for the one that links, has a heading that GitHub gives this anchor. */
function hasHeading(path: string, target: string | undefined, anchor: string | undefined): boolean {
  const file = target ? resolve(root, dirname(path), target) : resolve(root, path);
  const headings = readFileSync(file, 'utf8').match(/^#+ .*$/gm) ?? [];
  return headings.some((heading) => anchorOf(heading) === anchor);
}

function anchorOf(heading: string): string {
  const words = heading.replace(/^#+ /, '').toLowerCase();
  return words.replaceAll(/[^\w\s-]/g, '').replaceAll(' ', '-');
}

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('the documents', () => {
  it.each(documents)('$path: what it links to, names and runs exists', ({ path, text }) => {
    expect(targets(text, LINK).filter((target) => !existsSync(resolve(root, dirname(path), target)))).toEqual([]);
    expect([...text.matchAll(ANCHOR)].filter(([, target, anchor]) => !hasHeading(path, target, anchor))).toEqual([]);
    expect(targets(text, NAMED).filter((target) => !existsSync(resolve(root, target)))).toEqual([]);
    expect(targets(text, SCRIPT).filter((script) => !(script in scripts))).toEqual([]);
  });
});
