import { readFileSync, writeFileSync } from 'node:fs';
import { testsByThreat } from '../test/documents/threats.js';

// npm run docs:threats: the last column of the threat table in docs/security.md, from the names of the tests.
// test/documents/security.test.ts checks that it is current.

const file = new URL('../docs/security.md', import.meta.url);
const tests = testsByThreat();
const lines = readFileSync(file, 'utf8').split('\n');
const written = lines.map((line) => {
  const [, id = '', threat = '', answer = ''] = line.split('|').map((cell) => cell.trim());
  const found = tests.get(id);
  if (!line.startsWith('|') || found === undefined) return line;
  return `| ${id} | ${threat} | ${answer} | ${found.map(({ path }) => `\`${path}\``).join('<br>')} |`;
});
writeFileSync(file, written.join('\n'));
