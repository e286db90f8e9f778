import { readFileSync } from 'node:fs';

// Loaded before every script that package.json runs: `--help` is answered with the comment at its head, and a reader that
// goes away, as of `npm run explain | head`, ends it without a word.

const USAGE = /(?:^\/\*\*\n(?: \*.*\n)+? \*\/$)|(?:^\/\/ npm run .*\n(?:\/\/.*\n)*)/m;

if (process.argv.slice(2).includes('--help')) {
  const [usage = ''] = USAGE.exec(readFileSync(process.argv[1] ?? '', 'utf8')) ?? [];
  const lines = usage.split('\n').map((line) => line.replace(/^(?:\/\*\*|\/\/| \*\/| \*) ?/, ''));
  process.stdout.write(`${lines.join('\n').trim()}\n`);
  process.exit(0);
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
