import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish, type JsonValue, JsonSyntaxError, parseStrictJson } from '../src/index.js';
import { readPlatformJson } from '../src/platform-json.js';
import { parseStrictJsonInSteps } from '../src/strict-json.js';

const SCALARS = ['0', '-0', '1', '1.0', '1e999', '-1e999', '1e21', '0.1', '12345678901234567890', 'true', 'null', '01']
  .concat(['""', '"a"', '"é"', '"\t"', '"\u2028"', '"\uD800"', '"\\"', '', 'NaN'])
  .concat([String.raw`"\u0061"`, String.raw`"\ud800"`, String.raw`"\uD800"`, String.raw`"\/"`, String.raw`"\u2028"`]);

/** Texts as the platform would and would not write them, of names and values that parsers differ on. */
const { value: anyJson } = fc.letrec<{ value: string; object: string; array: string; scalar: string }>((tie) => ({
  scalar: fc.constantFrom(...SCALARS),
  object: fc
    .array(
      fc.tuple(
        fc.constantFrom('a', 'b', '0', '1', '', '__proto__', 'constructor', 'toJSON', String.raw`\u0061`),
        tie('value'),
      ),
      { maxLength: 4 },
    )
    .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
  array: fc.array(tie('value'), { maxLength: 3 }).map((elements) => `[${elements.join(',')}]`),
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('scalar'), tie('object'), tie('array')),
}));

const nested = fc
  .tuple(fc.nat({ max: 103 }), fc.constantFrom(['[', ']'], ['{"a":', '}'], ['[{"a":', '}]']), anyJson)
  .map(([levels, [open = '', close = ''], inner]) => open.repeat(levels) + inner + close.repeat(levels));

type Outcome = { value: JsonValue } | { problem: string };

function outcomeOf(read: () => JsonValue): Outcome {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { problem: error.message };
    throw error;
  }
}

describe('a text that the platform would write as it stands', () => {
  it('is read as any other: the same value without prototypes, the same problem at the same place', () => {
    let asWritten = 0;
    const written = fc.json().map((text) => JSON.stringify(JSON.parse(text)));
    const property = fc.property(fc.oneof(anyJson, nested, written), (text) => {
      const strict = outcomeOf(() => finish(parseStrictJsonInSteps(text)));
      expect(
        isDeepStrictEqual(
          outcomeOf(() => parseStrictJson(text)),
          strict,
        ),
      ).toBe(true);
      asWritten += readPlatformJson(text) === undefined ? 0 : 1;
    });
    fc.assert(property, { numRuns: 3000 });
    expect(asWritten).toBeGreaterThan(500);
  });

  it('is not where a member comes twice, a number overflows, or nesting is deeper than it may be', () => {
    const texts = ['{"a":1,"a":1}', '{"a":1,"a":2}', String.raw`{"a":1,"\u0061":1}`, '[1e999]'];
    expect(texts.map(readPlatformJson)).toEqual(texts.map(() => undefined));
    const nest = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect([100, 101, 100_000].map((levels) => readPlatformJson(nest(levels)) !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('has a member of the name __proto__ like any other', () => {
    const value = readPlatformJson('{"__proto__":{"a":1}}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBeNull();
  });
});
