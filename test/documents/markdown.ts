import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The cells of every table whose first column has this heading, row by row. */
export function tableRows(markdown: string, firstHeading: string): string[][] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of markdown.split('\n')) {
    const cells = line.startsWith('|') ? cellsOf(line) : [];
    if (cells[0] === firstHeading) inside = true;
    else if (cells.length === 0) inside = false;
    else if (inside && !/^-+$/.test(cells[0] ?? '')) rows.push(cells);
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Files of the repository below a folder, by how their name ends; built and installed ones excepted. */
export function filesBelow(folder: string, ending: string): { path: string; text: string }[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(node_modules|dist|\..*)$/.test(entry.name) ? [] : filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : [];
  });
}

/** Every document of the repository. */
export const documents = [
  ...['docs', 'services', 'k8s'].flatMap((folder) => filesBelow(folder, '.md')),
  ...readdirSync(root)
    .filter((name) => name.endsWith('.md'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
];
