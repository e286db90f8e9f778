import { describe, expect, it } from '@jest/globals';
import { documents, filesBelow } from './markdown.js';

/** The messages that the product logs; a part that is filled in stands for one word. */
const messages = ['packages', 'services']
  .flatMap((folder) => filesBelow(folder, '.ts'))
  .filter(({ path }) => path.includes('/src/'))
  .flatMap(({ text }) => [...text.matchAll(/\.(?:debug|info|warn|error)\(\s*(['`])(.+?)\1/g)])
  .map(([, , message = '']) => new RegExp(`^${message.replaceAll(/\$\{.*?\}/g, '\\S+')}$`));

/** What documents call a line of the log. */
const logLines = documents.flatMap(({ path, text }) =>
  [...text.matchAll(/\bline\s+`([^`]+)`/g)].map(([, line = '']) => ({ path, line })),
);

describe('the lines of the log that documents name', () => {
  it.each(logLines)('are written: $line, in $path', ({ line }) => {
    expect(messages.some((message) => message.test(line))).toBe(true);
  });

  it('are found', () => {
    expect(logLines.map(({ line }) => line)).toEqual(expect.arrayContaining(['refused', 'client keys not fetched']));
  });
});
