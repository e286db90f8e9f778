import { FileError } from './file-error.js';
import type { JsonValue } from './json-value.js';
import { nearestName } from './nearest-name.js';
import { finish, type Steps } from './steps.js';
import { JsonSyntaxError, parseStrictJsonInSteps, type StrictJsonOptions } from './strict-json.js';

/** The members and indices that lead to a value of a file. */
export type FilePath = readonly PropertyKey[];

/** What is wrong with a value of a file that a person wrote; `member`: with which member of it. */
export interface FileProblem {
  path: FilePath;
  message: string;
  member?: PropertyKey | undefined;
}

/** What a schema finds (zod). */
interface SchemaIssue {
  code?: string;
  path: FilePath;
  message: string;
  /** The type that a value of another one, or none, should have. */
  expected?: string;
  /** Unknown members. */
  keys?: readonly string[];
}

/** Reads the JSON of a file; `//` comments are allowed. @throws FileError with line and column of what is not JSON */
export function* parseWrittenJsonInSteps(
  text: string,
  takeElement?: StrictJsonOptions['takeElement'],
): Steps<JsonValue> {
  try {
    return yield* parseStrictJsonInSteps(text, { comments: true, takeElement });
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw notJson(text, error);
  }
}

/** As {@link parseWrittenJsonInSteps}, at once. */
export function parseWrittenJson(text: string): JsonValue {
  return finish(parseWrittenJsonInSteps(text));
}

/** What was no JSON in a file, with line and column. */
export function notJson(text: string, { problem, position }: JsonSyntaxError): FileError {
  return new FileError([`is not JSON: ${problem} (${createPlaces(text)(position)})`]);
}

/** What a schema found in the part of a file that is at `within`, which has the members `known`. */
export function schemaProblems(
  issues: readonly SchemaIssue[],
  { within = [], known = [] }: { within?: FilePath; known?: Iterable<string> } = {},
): FileProblem[] {
  return issues.flatMap((issue): FileProblem[] => {
    const path = [...within, ...issue.path];
    if (issue.keys === undefined) return [{ path, message: valueProblem(issue) }];
    const names = issue.path.length === 0 ? known : [];
    return issue.keys.map((member) => ({ path, message: unknownMember(member, names), member }));
  });
}

/** What is said of a member that nothing knows. */
export function unknownMember(name: string, known: Iterable<string>): string {
  const meant = nearestName(name, known);
  const said = `has the unknown member ${JSON.stringify(name.slice(0, 64))}`;
  return meant === undefined ? said : `${said}: is "${meant}" meant?`;
}

/** A message of our own, or zod's, but for a type, of which zod's is no sentence. */
function valueProblem({ code, message, expected }: SchemaIssue): string {
  if (code !== 'invalid_type' || expected === undefined) return message;
  if (message.endsWith('received undefined')) return 'is required';
  return `must be ${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

/** The problems of a file that is JSON: `resources[0].scopes: is no list (line 4, column 17)`. */
export function* fileError(text: string, problems: readonly FileProblem[]): Steps<FileError> {
  const paths = problems.map(({ path, member }) => (member === undefined ? path : [...path, member]));
  const places = yield* findPlaces(text, paths);
  const lines: string[] = [];
  for (const [index, { path, message }] of problems.entries()) {
    lines.push(`${nameOf(path)}: ${message} (${places[index]})`);
    yield;
  }
  return new FileError(lines);
}

/**
 * Where values of a file that is JSON begin: `line 4, column 17`; what is missing is where it should be. The text is
 * read once more for that, so that files without a problem, which are nearly all, cost nothing.
 */
export function* findPlaces(text: string, paths: readonly FilePath[]): Steps<string[]> {
  const places = new Map<string, string | undefined>();
  for (const path of paths) {
    for (let length = 0; length <= path.length; length++) places.set(keyOf(path.slice(0, length)), undefined);
    yield;
  }
  const placeOf = createPlaces(text);
  const onValue = (path: FilePath, position: number): void => {
    const key = keyOf(path);
    if (places.has(key)) places.set(key, placeOf(position));
  };
  yield* parseStrictJsonInSteps(text, { comments: true, onValue });
  const texts: string[] = [];
  for (const path of paths) {
    texts.push(nearest(places, path));
    yield;
  }
  return texts;
}

/** Where the value is, or the innermost one around it. */
function nearest(places: ReadonlyMap<string, string | undefined>, path: FilePath): string {
  const ancestors = path.map((_, index) => places.get(keyOf(path.slice(0, path.length - index))));
  return ancestors.find((place) => place !== undefined) ?? places.get(keyOf([])) ?? 'line 1, column 1';
}

function keyOf(path: FilePath): string {
  return JSON.stringify(path.map(String));
}

function nameOf(path: FilePath): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return name.replace(/^\./, '') || 'the file';
}

/** Line and column of positions that are given in ascending order: the text is looked through once for all. */
function createPlaces(text: string): (position: number) => string {
  let line = 1;
  let start = 0;
  let end = text.indexOf('\n');
  return (position) => {
    while (end !== -1 && end < position) {
      line++;
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    return `line ${line}, column ${position - start + 1}`;
  };
}
