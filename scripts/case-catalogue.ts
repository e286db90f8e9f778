import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import ts from 'typescript';

const INTRODUCTION = `# Cases

This page is made from the names of the tests by \`npm run docs\`; edit the tests, not the page.

Behaviours, by the code that stands in the names of their tests: \`npm test -- -t 'TX-29 '\` runs those of one. The first two
letters say where.
`;

const SECTIONS = {
  CA: 'Client authentication at the token and introspection endpoints',
  GR: 'Grants and HTTP',
  IN: 'Introspection (RFC 7662)',
  RV: 'Revocation (RFC 7009)',
  JW: 'Key sets and discovery',
  PB: 'Policy backends',
  TX: 'Token exchange (RFC 8693)',
};

const CODE = new RegExp(`(?<![\\w-])(?:${Object.keys(SECTIONS).join('|')})-\\d{2}(?![\\w-])`, 'g');
/** Codes with what sets them off in a title, before it, in brackets or after it. */
const CODES = new RegExp(` ?\\(${CODE.source}(?:, ${CODE.source})*\\)|${CODE.source} ?`, 'g');
/** Where the title of a table takes a cell of each row. */
const PLACE = /%[sjpid#]|\$\w+|\$\{\w+\}/;
const UNTESTED = /(^|\/)(node_modules|dist)\/|^(services|packages)\/(?!testing\/)[^/]+\/src\//;

interface Case {
  code: string;
  /** The titles of the test and of what it stands in. */
  sentence: string;
  path: string;
}

/** A page with a row for every test whose name carries the code of a case: the code, the name and the file. */
export async function renderCaseCatalogue(root: string): Promise<string> {
  const folders = ['packages', 'services', 'test'].map((folder) => sourcesBelow(root, folder));
  const paths = (await Promise.all(folders)).flat();
  const files = paths.map(async (path) => casesOf(path, await readFile(join(root, path), 'utf8')));
  const cases = (await Promise.all(files)).flat();
  const sections = Object.entries(SECTIONS).map(([prefix, heading]) => {
    const rows = cases.filter(({ code }) => code.startsWith(prefix)).map(renderRow);
    const table = ['| code | what its test says | where |', '|---|---|---|', ...[...new Set(rows)].sort()];
    return `\n## ${heading}\n\n${table.join('\n')}\n`;
  });
  return `${INTRODUCTION}${sections.join('')}`;
}

async function sourcesBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true });
  return entries.map((entry) => join(folder, entry)).filter((path) => path.endsWith('.ts') && !UNTESTED.test(path));
}

function renderRow({ code, sentence, path }: Case): string {
  const [, workspace] = path.split('/');
  const text = sentence.replace(/[|<]|__/g, String.raw`\$&`);
  return `| ${code} | ${text} | [${workspace}: ${basename(path).split('.')[0]}](../${path}) |`;
}

function casesOf(path: string, source: string): Case[] {
  if (source.search(CODE) === -1) return [];
  const cases: Case[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node) ?? '';
    for (const code of text.match(CODE) ?? []) cases.push({ code, sentence: sentenceOf(node, text), path });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true));
  return cases;
}

function textOf(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : undefined;
}

/** The titles around a text, outermost first, and without codes; a row of a table stands where the title takes it. */
function sentenceOf(node: ts.Node, text: string): string {
  const titles = [text];
  for (let inner = node; !ts.isSourceFile(inner); inner = inner.parent) {
    const call = inner.parent;
    if (!ts.isCallExpression(call) || inner === call.arguments[0]) continue;
    const title = textOf(call.arguments[0]);
    if (title === undefined) continue;
    if (inner === call.expression) titles[0] = title.replace(PLACE, () => text);
    else titles.unshift(title);
  }
  return titles
    .map((title) => title.replace(CODES, '').split(PLACE).join('…'))
    .join(': ')
    .trim();
}
