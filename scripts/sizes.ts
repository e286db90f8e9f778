/**
 * npm run sizes: how large the source is (CONTRIBUTING.md "How the code looks"). One row per package and service
 * and one for all: files, and the median and largest of file and function, in lines as they stand. A function is what
 * has a name; an anonymous callback counts as part of what it stands in.
 */
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import ts from 'typescript';

interface Size {
  lines: number;
  place: string;
}

interface Sizes {
  files: Size[];
  functions: Size[];
}

const root = resolve(import.meta.dirname, '..');

function measureFile(path: string): Sizes {
  const source = ts.createSourceFile(path, readFileSync(resolve(root, path), 'utf8'), ts.ScriptTarget.ES2023, true);
  const functions: Size[] = [];
  const visit = (node: ts.Node): void => {
    const name = ts.isFunctionLike(node) && 'body' in node && node.body !== undefined ? nameOf(node) : undefined;
    if (name !== undefined) {
      const start = lineOf(source, node.getStart(source));
      functions.push({ lines: lineOf(source, node.getEnd()) - start + 1, place: `${path}:${start} ${name}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { files: [{ lines: source.text.trimEnd().split('\n').length, place: path }], functions };
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

/** The function's own name, or that of the variable or member it is given to. */
function nameOf(node: ts.SignatureDeclaration): string | undefined {
  if (node.name !== undefined) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : undefined;
}

function median(sizes: readonly Size[]): number {
  const lines = sizes.map((size) => size.lines).sort((a, b) => a - b);
  return lines[Math.floor(lines.length / 2)] ?? 0;
}

function largest(sizes: readonly Size[]): Size {
  return sizes.reduce((most, size) => (size.lines > most.lines ? size : most), { lines: 0, place: '-' });
}

function row(name: string, { files, functions }: Sizes): string[] {
  const file = largest(files);
  const fn = largest(functions);
  return [
    name,
    `${files.length}`,
    `${median(files)}`,
    `${file.lines}`,
    `${functions.length}`,
    `${median(functions)}`,
    `${fn.lines}`,
    file.place,
    fn.place,
  ];
}

function printTable(rows: readonly string[][]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  for (const cells of rows) {
    process.stdout.write(
      `${cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

const byWorkspace = new Map<string, Sizes>();
const all: Sizes = { files: [], functions: [] };
for (const file of ts.sys.readDirectory(root, ['.ts'], [], ['packages/*/src/**/*', 'services/*/src/**/*']).sort()) {
  const path = relative(root, file);
  const workspace = path.split('/', 2).join('/');
  const sizes = byWorkspace.get(workspace) ?? { files: [], functions: [] };
  byWorkspace.set(workspace, sizes);
  const fileSizes = measureFile(path);
  for (const total of [sizes, all]) {
    total.files.push(...fileSizes.files);
    total.functions.push(...fileSizes.functions);
  }
}
const heading = [
  '',
  'files',
  'median',
  'largest',
  'functions',
  'median',
  'largest',
  'largest file',
  'largest function',
];
printTable([heading, ...[...byWorkspace].map(([name, sizes]) => row(name, sizes)), row('all', all)]);
