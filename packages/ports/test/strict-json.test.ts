import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish, isJsonObject, JsonSyntaxError, parseStrictJson } from '../src/index.js';
import { anyText } from '@mandate/testing';
import { parseStrictJsonInSteps, type StrictJsonOptions } from '../src/strict-json.js';

type Outcome = { value: string } | { problem: string };

/** What the parser says. Anything thrown that is not a JsonSyntaxError fails the test. */
function parse(text: string, options?: StrictJsonOptions): Outcome {
  try {
    const value = options === undefined ? parseStrictJson(text) : finish(parseStrictJsonInSteps(text, options));
    return { value: JSON.stringify(value) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { problem: error.problem };
    throw error;
  }
}

function platform(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The name with every UTF-16 code unit spelled as an escape. */
const escapedName = (name: string): string =>
  Array.from({ length: name.length }, (_, at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

describe('parseStrictJson', () => {
  it('agrees with JSON.parse on valid text, however it is spaced', () => {
    const space = fc.constantFrom(undefined, 1, '\t', '  ');
    fc.assert(
      fc.property(fc.tuple(fc.jsonValue({ depthSize: 'medium' }), anyText()), space, (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(parse(` \r\n${text}\t`)).toEqual({ value: platform(text) });
      }),
    );
  });

  it('accepts nothing that JSON.parse refuses, and reads the rest the same, for damaged text', () => {
    const damage = fc.tuple(
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom('', '"', '\\', ',', '}', ']', '0', '-', 'e', '\n'),
    );
    fc.assert(
      fc.property(fc.json(), damage, (text, [at, removals, insert]) => {
        const position = at % (text.length + 1);
        const damagedText = text.slice(0, position) + insert + text.slice(position + removals);
        const outcome = parse(damagedText);
        const expected = platform(damagedText);
        if ('value' in outcome) expect(outcome.value).toBe(expected);
        else if (expected !== undefined) expect(outcome.problem).toMatch(/^(duplicate member|number out of range)$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('throws nothing but JsonSyntaxError, and its message never quotes the text (CWE-532)', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), fc.json()), (text) => {
        try {
          parseStrictJson(`${text}§canary`);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonSyntaxError);
          expect((error as Error).message).toMatch(/^[ -~]+ at position \d+$/);
          expect((error as Error).message).not.toContain('canary');
          expect((error as Error).cause).toBeUndefined();
        }
      }),
    );
  });

  it('keeps the value of numbers, negative zero included', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = Object.is(number, -0) ? '-0' : String(number).replace('e+', 'E+');
        expect(parseStrictJson(text)).toBe(number);
      }),
    );
  });

  it('T8 refuses a duplicate member at any depth, also by an escaped twin', () => {
    const name = anyText({ minLength: 1 });
    fc.assert(
      fc.property(name, fc.nat({ max: 5 }), fc.boolean(), (member, depth, twin) => {
        const secondName = twin ? `"${escapedName(member)}"` : JSON.stringify(member);
        const object = `{${JSON.stringify(member)}:1,"between":{},${secondName}:1}`;
        const text = `${'['.repeat(depth)}${object}${']'.repeat(depth)}`;
        expect(parse(text)).toEqual({ problem: 'duplicate member' });
      }),
    );
  });

  it.each([
    '{"a":1,"a":1}',
    '{"iss":1,"\\u0069ss":2}',
    '{"\\/":1,"/":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
  ])('T8 refuses %s', (text) => {
    expect(parse(text)).toEqual({ problem: 'duplicate member' });
  });

  it('accepts the same name in different objects', () => {
    expect(parse('{"a":{"a":[{"a":1},{"a":1}]}}')).toHaveProperty('value');
  });

  it('T19 makes members of __proto__ and constructor, on an object without a prototype', () => {
    const object = parseStrictJson('{"__proto__":{"admin":true},"constructor":1}');
    expect(isJsonObject(object) && Object.keys(object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(object)).toBeNull();
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it.each(['1e400', '-1e400', '[1e309]', '{"exp":1e999}'])('T12 refuses %s: it would be infinity', (text) => {
    expect(parse(text)).toEqual({ problem: 'number out of range' });
  });

  it.each([
    '',
    ' ',
    '\ufeff{}',
    '{}\ufeff',
    '\u00a01',
    '\v1',
    '{} {}',
    '1 2',
    'nul',
    'truefalse',
    'NaN',
    'Infinity',
    '-',
    '+1',
    '01',
    '1.',
    '.5',
    '1e',
    '0x1',
    '1_0',
    "'a'",
    '"',
    '"\\"',
    '"a',
    '"\\x"',
    '"\\u12"',
    '"\n"',
    '"\0"',
    '{',
    '[',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{a:1}',
    '{1:1}',
    '{,}',
    '[1,]',
    '[,1]',
    '[1 2]',
    ']',
    '}',
    '// c\n1',
    '/* c */1',
    '1 // c',
    '{"a" 1}',
    '{"a":1 "b":2}',
  ])('T11 refuses %j (RFC 8259)', (text) => {
    expect(platform(text)).toBeUndefined();
    expect(parse(text)).toHaveProperty('problem');
  });

  it('T20 accepts 100 levels and refuses 101, in arrays and objects', () => {
    const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const nest of [arrays, objects]) {
      expect(parse(nest(100))).toHaveProperty('value');
      expect(parse(nest(101))).toEqual({ problem: 'nested too deeply' });
      expect(parse(nest(20_000))).toEqual({ problem: 'nested too deeply' });
    }
    expect(parse(`[${arrays(99)},${arrays(99)}]`)).toHaveProperty('value');
  });

  it('T20 takes strings of any length, whole, cut off or full of escapes', () => {
    const long = 'a'.repeat(12_000_000);
    expect(parseStrictJson(`"${long}"`)).toHaveLength(long.length);
    expect(parse(`"${long}`)).toEqual({ problem: 'expected a string' });
    expect(parseStrictJson(`"${'\\n'.repeat(1_000_000)}"`)).toHaveLength(1_000_000);
    expect(parse(`"${'\\"'.repeat(1_000_000)}`)).toEqual({ problem: 'expected a string' });
    expect(parse(`"${'\\'.repeat(1_000_001)}"`)).toEqual({ problem: 'expected a string' });
  });

  it('reads // comments only where they are asked for', () => {
    const text = '// first\n{ // in\n "a" : // before\n 1 // after\n , "b": ["//"] }// end';
    expect(parse(text, { comments: true })).toEqual({ value: '{"a":1,"b":["//"]}' });
    expect(parse(text)).toHaveProperty('problem');
    expect(parse('/ 1', { comments: true })).toHaveProperty('problem');
    expect(parse('// only', { comments: true })).toEqual({ problem: 'expected a value' });
  });

  it('offers each element of an array with its path, and keeps null in place of what is taken', () => {
    const elements: string[] = [];
    const takeElement: StrictJsonOptions['takeElement'] = (path, element) => {
      elements.push(`${path.join('.')} ${JSON.stringify(element)}`);
      return path[0] === 'records';
    };
    expect(parse('{"records":[{"scopes":["a"]},[1],2],"kept":[3],"last":4}', { takeElement })).toEqual({
      value: '{"records":[null,null,null],"kept":[3],"last":4}',
    });
    expect(elements).toEqual([
      'records.0.scopes.0 "a"',
      'records.0 {"scopes":[null]}',
      'records.1.0 1',
      'records.1 [null]',
      'records.2 2',
      'kept.0 3',
    ]);
  });

  it('says where it failed', () => {
    expect(() => parseStrictJson('[1, x]')).toThrow(
      expect.objectContaining({ position: 4, problem: 'expected a value' }),
    );
    expect(() => parseStrictJson('{"a":1,"a":2}')).toThrow('duplicate member at position 7');
  });
});

describe('isJsonObject', () => {
  it('tells objects from arrays, null and scalars', () => {
    expect([{}, Object.create(null), [], null, undefined, 'x', 1].map(isJsonObject)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
