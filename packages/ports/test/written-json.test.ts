import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  fileError,
  FileError,
  type FilePath,
  type FileProblem,
  findPlaces,
  finish,
  parseWrittenJson,
  schemaProblems,
} from '@mandate/ports';

const TEXT = `// rules
{
  "resources": [
    { "id": "a" },
    { "id": "b", "scopes": "read" }
  ]
}`;

const messageOf = (...problems: FileProblem[]): string => finish(fileError(TEXT, problems)).message;
const places = (text: string, ...paths: FilePath[]): string[] => finish(findPlaces(text, paths));

describe('a file that people write', () => {
  it('has its problems told with line and column', () => {
    expect(messageOf({ path: ['resources', 1, 'scopes'], message: 'is no list' })).toBe(
      'resources[1].scopes: is no list (line 5, column 28)',
    );
    expect(messageOf({ path: [], message: 'is odd' })).toBe('the file: is odd (line 2, column 1)');
  });

  it('has what is missing put where it should be, and an unknown member where it is', () => {
    expect(messageOf({ path: ['resources', 0, 'audience'], message: 'is required' })).toBe(
      'resources[0].audience: is required (line 4, column 5)',
    );
    const issue = { path: [1], message: 'zod says', keys: ['id'] };
    expect(messageOf(...schemaProblems([issue], { within: ['resources'] }))).toBe(
      'resources[1]: has the unknown member "id" (line 5, column 13)',
    );
  });

  it.each([
    ['scope', 'scopes'],
    ['allowed_actors', 'allowedActors'],
    ['allowedactor', 'allowedActors'],
    ['sub', undefined],
    ['expires', undefined],
    ['__proto__', undefined],
  ])('has the member told that is meant by %s, if any is', (member, meant) => {
    const known = ['id', 'scopes', 'allowedActors'];
    const messages = (path: FilePath) =>
      schemaProblems([{ path, message: '', keys: [member] }], { known }).map(({ message }) => message);
    const unknown = `has the unknown member "${member}"`;
    expect(messages([])).toEqual([meant === undefined ? unknown : `${unknown}: is "${meant}" meant?`]);
    // What is known is of the outermost value alone.
    expect(messages(['inner'])).toEqual([unknown]);
  });

  it('has a value of another type told as a sentence', () => {
    const typeIssue = (expected: string, received: string) => ({
      code: 'invalid_type',
      path: ['a'],
      expected,
      message: `Invalid input: expected ${expected}, received ${received}`,
    });
    const issues = [
      typeIssue('array', 'object'),
      typeIssue('string', 'undefined'),
      { path: ['a'], message: 'is short' },
    ];
    const messages = schemaProblems(issues).map(({ message }) => message);
    expect(messages).toEqual(['must be an array', 'is required', 'is short']);
  });

  it('has problems told in the order they were found, wherever they are', () => {
    const problem = (...path: FilePath) => ({ path, message: 'is odd' });
    expect(messageOf(problem('resources', 1, 'id'), problem('resources', 0), problem('resources', 1, 'id'))).toMatch(
      /^resources\[1\]\.id: .*5, column 13\); resources\[0\]: .*4, column 5\); resources\[1\]\.id: .*5, column 13\)$/,
    );
  });

  it('is refused where it is no JSON', () => {
    const parse = () => parseWrittenJson('{\n  "a": 1,\n  "a": 2\n}');
    expect(parse).toThrow(FileError);
    expect(parse).toThrow('is not JSON: duplicate member (line 3, column 3)');
  });

  it('has every value found where it begins, whatever the members are called and however deep they are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), (value) => {
        const content = JSON.parse(JSON.stringify(value)) as unknown;
        const text = JSON.stringify(content, undefined, 2);
        const values = valuesOf(content);
        const placeTexts = places(text, ...values.map(({ path }) => path));
        for (const [index, { value: expectedValue }] of values.entries()) {
          const [, line, column] = /^line (\d+), column (\d+)$/.exec(placeTexts[index] ?? '') ?? [];
          const rest = text
            .split('\n')
            .slice(Number(line) - 1)
            .join('\n')
            .slice(Number(column) - 1);
          expect(rest.replaceAll(/\s/g, '').startsWith(JSON.stringify(expectedValue).replaceAll(/\s/g, ''))).toBe(true);
        }
      }),
    );
  });
});

/** A value and all that is in it, with the paths that lead there. */
function valuesOf(value: unknown, path: FilePath = []): { path: FilePath; value: unknown }[] {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [{ path, value }, ...members.flatMap(([name, part]) => valuesOf(part, [...path, name]))];
}
