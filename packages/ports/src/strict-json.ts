import { MAX_JSON_DEPTH, readPlatformJson } from './platform-json.js';
import type { JsonObject, JsonValue } from './json-value.js';
import { finish, type Steps } from './steps.js';

/** A text is not JSON as this product reads it. `problem` is fixed text: it never quotes the input. */
export class JsonSyntaxError extends Error {
  readonly problem: string;
  /** Offset in UTF-16 code units. */
  readonly position: number;

  constructor(problem: string, position: number) {
    super(`${problem} at position ${position}`);
    this.name = 'JsonSyntaxError';
    this.problem = problem;
    this.position = position;
  }
}

export interface StrictJsonOptions {
  /** Accept `//` comments to the end of the line (configuration, policy and client files). */
  comments?: boolean;
  /**
   * Told of each value before it is read, in the order of the text: the members and indices that lead to it (one array
   * for all, read it at once), and where it begins.
   */
  onValue?: ((path: readonly (string | number)[], position: number) => void) | undefined;
  /**
   * Offered each element of an array when it was read, with the members and indices that lead to it. What it takes
   * (`true`) is not kept: `null` stands in its place. So a large file is never in memory whole.
   */
  takeElement?: ((path: readonly (string | number)[], element: JsonValue) => boolean) | undefined;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What a string literal may hold as it is (RFC 8259 section 7). */
// eslint-disable-next-line no-control-regex -- control characters are what must not stand there
const ESCAPED_OR_CONTROL = /[\\\x00-\x1f]/;
const LITERALS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
/** Values read between two places where a caller that reads in steps may do something else. */
const VALUES_PER_STEP = 64;

interface Reader {
  text: string;
  position: number;
  depth: number;
  comments: boolean;
  values: number;
  path: (string | number)[];
  onValue: StrictJsonOptions['onValue'];
  takeElement: StrictJsonOptions['takeElement'];
}

/**
 * Parses JSON by RFC 8259 and refuses what parsers differ on: duplicate members (also by an escaped name), a byte
 * order mark, numbers that overflow, nesting deeper than 100 levels. Objects have no prototype.
 * @throws JsonSyntaxError
 *
 * @example
 * parseStrictJson('{"scope":"read","scope":"write"}'); // throws JsonSyntaxError: duplicate member
 */
export function parseStrictJson(text: string): JsonValue {
  return readPlatformJson(text) ?? finish(parseStrictJsonInSteps(text));
}

/** As {@link parseStrictJson}, in steps of some microseconds each: for a large text, or one that a person wrote. */
export function* parseStrictJsonInSteps(text: string, options: StrictJsonOptions = {}): Steps<JsonValue> {
  const reader: Reader = {
    text,
    position: 0,
    depth: 0,
    comments: options.comments ?? false,
    values: 0,
    path: [],
    onValue: options.onValue,
    takeElement: options.takeElement,
  };
  skipWhitespace(reader);
  reader.onValue?.(reader.path, reader.position);
  const value = atContainer(reader) ? yield* readContainer(reader) : readScalar(reader);
  skipWhitespace(reader);
  if (reader.position !== text.length) throw fail(reader, 'unexpected text after the value');
  return value;
}

function atContainer({ text, position }: Reader): boolean {
  return text[position] === '{' || text[position] === '[';
}

function readScalar(reader: Reader): JsonValue {
  if (reader.text[reader.position] === '"') return readString(reader);
  for (const [word, value] of LITERALS) {
    if (reader.text.startsWith(word, reader.position)) {
      reader.position += word.length;
      return value;
    }
  }
  return readNumber(reader);
}

/** Only arrays and objects are read in steps: a generator for each scalar would cost more than the scalar. */
function* readContainer(reader: Reader): Steps<JsonValue> {
  if (++reader.depth > MAX_JSON_DEPTH) throw fail(reader, 'nested too deeply');
  const value = reader.text[reader.position] === '{' ? yield* readObject(reader) : yield* readArray(reader);
  reader.depth--;
  return value;
}

function* readObject(reader: Reader): Steps<JsonObject> {
  const object: JsonObject = Object.create(null) as JsonObject;
  reader.position++;
  if (accept(reader, '}')) return object;
  do {
    skipWhitespace(reader);
    const at = reader.position;
    const name = readString(reader);
    if (Object.hasOwn(object, name)) throw new JsonSyntaxError('duplicate member', at);
    expect(reader, ':');
    skipWhitespace(reader);
    tell(reader, name);
    object[name] = atContainer(reader) ? yield* readContainer(reader) : readScalar(reader);
    if (++reader.values % VALUES_PER_STEP === 0) yield;
  } while (accept(reader, ','));
  expect(reader, '}');
  return object;
}

function* readArray(reader: Reader): Steps<JsonValue[]> {
  const array: JsonValue[] = [];
  reader.position++;
  if (accept(reader, ']')) return array;
  do {
    skipWhitespace(reader);
    tell(reader, array.length);
    const element = atContainer(reader) ? yield* readContainer(reader) : readScalar(reader);
    array.push(isTaken(reader, element) ? null : element);
    if (++reader.values % VALUES_PER_STEP === 0) yield;
  } while (accept(reader, ','));
  expect(reader, ']');
  return array;
}

/** The path ends with this part of the innermost array or object: what was read before it is left behind. */
function tell(reader: Reader, part: string | number): void {
  if (reader.onValue === undefined && reader.takeElement === undefined) return;
  reader.path.length = reader.depth - 1;
  reader.path.push(part);
  reader.onValue?.(reader.path, reader.position);
}

function isTaken({ takeElement, path, depth }: Reader, element: JsonValue): boolean {
  if (takeElement === undefined) return false;
  path.length = depth;
  return takeElement(path, element);
}

function readString(reader: Reader): string {
  const end = reader.text[reader.position] === '"' ? closingQuote(reader) : -1;
  if (end === -1) throw fail(reader, 'expected a string');
  const content = reader.text.slice(reader.position + 1, end);
  const value = ESCAPED_OR_CONTROL.test(content) ? parseLiteral(`"${content}"`) : content;
  if (value === undefined) throw fail(reader, 'expected a string');
  reader.position = end + 1;
  return value;
}

/** Where the string that starts here ends, or -1. A search and no pattern: patterns overflow on long strings. */
function closingQuote({ text, position }: Reader): number {
  let quote = position;
  let backslashes: number;
  do {
    quote = text.indexOf('"', quote + 1);
    backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
  } while (quote !== -1 && backslashes % 2 === 1);
  return quote;
}

/** On one string literal the platform's parser is exactly RFC 8259 section 7; its error would quote the text. */
function parseLiteral(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

function readNumber(reader: Reader): number {
  NUMBER.lastIndex = reader.position;
  const literal = NUMBER.exec(reader.text)?.[0];
  if (literal === undefined) throw fail(reader, 'expected a value');
  reader.position += literal.length;
  const value = Number(literal);
  if (!Number.isFinite(value)) throw fail(reader, 'number out of range');
  return value;
}

function skipWhitespace(reader: Reader): void {
  skipBlanks(reader);
  while (reader.comments && reader.text.startsWith('//', reader.position)) {
    const end = reader.text.indexOf('\n', reader.position);
    reader.position = end === -1 ? reader.text.length : end;
    skipBlanks(reader);
  }
}

function skipBlanks(reader: Reader): void {
  const { text } = reader;
  let { position } = reader;
  while (isBlank(text.charCodeAt(position))) position++;
  reader.position = position;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function accept(reader: Reader, character: string): boolean {
  skipWhitespace(reader);
  if (reader.text[reader.position] !== character) return false;
  reader.position++;
  return true;
}

function expect(reader: Reader, character: string): void {
  if (!accept(reader, character)) throw fail(reader, `expected "${character}"`);
}

function fail(reader: Reader, problem: string): JsonSyntaxError {
  return new JsonSyntaxError(problem, reader.position);
}
