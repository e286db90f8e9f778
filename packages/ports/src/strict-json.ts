export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object without a prototype: `__proto__` in it is a member like any other. */
export interface JsonObject {
  [member: string]: JsonValue;
}

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
  /** Deepest nesting of arrays and objects accepted. */
  maxDepth?: number;
  /** Accept `//` comments to the end of the line (configuration, policy and client files). */
  comments?: boolean;
}

const WHITESPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

interface Reader {
  text: string;
  position: number;
  depth: number;
  maxDepth: number;
  comments: boolean;
}

/**
 * Parses JSON by RFC 8259 and refuses what parsers differ on: duplicate members (also by an escaped name), a byte
 * order mark, numbers that overflow, nesting deeper than `maxDepth` (100). Objects have no prototype.
 * @throws JsonSyntaxError
 */
export function parseStrictJson(text: string, options: StrictJsonOptions = {}): JsonValue {
  const reader: Reader = {
    text,
    position: 0,
    depth: 0,
    maxDepth: options.maxDepth ?? 100,
    comments: options.comments ?? false,
  };
  const value = readValue(reader);
  skipWhitespace(reader);
  if (reader.position !== text.length) throw fail(reader, 'unexpected text after the value');
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readValue(reader: Reader): JsonValue {
  skipWhitespace(reader);
  const first = reader.text[reader.position];
  if (first === '{') return nested(reader, readObject);
  if (first === '[') return nested(reader, readArray);
  if (first === '"') return readString(reader);
  for (const [word, value] of LITERALS) {
    if (reader.text.startsWith(word, reader.position)) {
      reader.position += word.length;
      return value;
    }
  }
  return readNumber(reader);
}

function nested<T>(reader: Reader, read: (reader: Reader) => T): T {
  if (++reader.depth > reader.maxDepth) throw fail(reader, 'nested too deeply');
  const value = read(reader);
  reader.depth--;
  return value;
}

function readObject(reader: Reader): JsonObject {
  const object: JsonObject = Object.create(null) as JsonObject;
  reader.position++;
  if (accept(reader, '}')) return object;
  do {
    skipWhitespace(reader);
    const at = reader.position;
    const name = readString(reader);
    if (Object.hasOwn(object, name)) throw new JsonSyntaxError('duplicate member', at);
    expect(reader, ':');
    object[name] = readValue(reader);
  } while (accept(reader, ','));
  expect(reader, '}');
  return object;
}

function readArray(reader: Reader): JsonValue[] {
  const array: JsonValue[] = [];
  reader.position++;
  if (accept(reader, ']')) return array;
  do array.push(readValue(reader));
  while (accept(reader, ','));
  expect(reader, ']');
  return array;
}

function readString(reader: Reader): string {
  const end = reader.text[reader.position] === '"' ? closingQuote(reader) : -1;
  const value = end === -1 ? undefined : parseLiteral(reader.text.slice(reader.position, end + 1));
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
  const literal = match(reader, NUMBER);
  if (literal === undefined) throw fail(reader, 'expected a value');
  const value = Number(literal);
  if (!Number.isFinite(value)) throw fail(reader, 'number out of range');
  return value;
}

function skipWhitespace(reader: Reader): void {
  match(reader, WHITESPACE);
  while (reader.comments && reader.text.startsWith('//', reader.position)) {
    const end = reader.text.indexOf('\n', reader.position);
    reader.position = end === -1 ? reader.text.length : end;
    match(reader, WHITESPACE);
  }
}

function match(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.position;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.position += found.length;
  return found;
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
