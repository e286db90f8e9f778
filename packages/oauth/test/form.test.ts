import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Form,
  OAuthError,
  parseForm,
  repeatedParameter,
  requiredParameter,
  requiredTokenParameter,
  singleParameter,
  tokenParameter,
} from '../src/index.js';
import { anyText, cpuMilliseconds } from '@mandate/testing';
import { formDecode } from '../src/form.js';

const invalidRequest = expect.objectContaining({ code: 'invalid_request', status: 400 });

function parse(text: string): Form | undefined {
  try {
    return parseForm(text);
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_request') return undefined;
    throw error;
  }
}

describe('parseForm', () => {
  it('reads back what URLSearchParams wrote, in order, without the empty values (RFC 6749 section 3.2)', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        const form = parseForm(new URLSearchParams(pairs).toString());
        const expected = new Map<string, string[]>();
        for (const [name, value] of pairs) if (value !== '') expected.set(name, [...(expected.get(name) ?? []), value]);
        expect(form).toEqual(expected);
      }),
    );
  });

  it('throws nothing but OAuthError invalid_request, for any text', () => {
    fc.assert(fc.property(anyText(), (text) => void parse(text)));
    const pieces = fc.array(fc.constantFrom('%', 'a', '=', '&', '+', '%41', '%c3', '%zz', 'é', '\0'));
    fc.assert(fc.property(pieces, (texts) => void parse(texts.join(''))));
  });

  it('reads plus as space and percent escapes as UTF-8 (RFC 6749 appendix B)', () => {
    expect(parseForm('a=1+2&b=%C3%BC&c%3D=d=e')).toEqual(
      new Map([
        ['a', ['1 2']],
        ['b', ['ü']],
        ['c=', ['d=e']],
      ]),
    );
  });

  it('takes an empty value, a name alone and an empty text for absent', () => {
    expect(parseForm('a=&b&&=')).toEqual(new Map());
    expect(parseForm('')).toEqual(new Map());
  });

  it('GR-10 (docs/security.md H2) makes plain names of brackets and __proto__', () => {
    const form = parseForm('scope[0][foo]=bar&__proto__[x]=1&constructor[prototype][x]=1&__proto__=y');
    expect([...form.keys()]).toEqual(['scope[0][foo]', '__proto__[x]', 'constructor[prototype][x]', '__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each(['a=%', 'a=%4', 'a=%zz', '%=a', 'a=%ff', 'a=%c3%28', 'a=%ed%a0%80'])('refuses %s', (text) => {
    expect(() => parseForm(text)).toThrow(invalidRequest);
  });

  it('GR-21 accepts 1,000 parameters and refuses 1,001, and 100,000', () => {
    expect(parseForm(Array(1000).fill('a=b').join('&')).get('a')).toHaveLength(1000);
    expect(() => parseForm(Array(1001).fill('a=b').join('&'))).toThrow(invalidRequest);
    const parseManyPairs = () => expect(() => parseForm('a=b&'.repeat(100_000))).toThrow(invalidRequest);
    expect(cpuMilliseconds(parseManyPairs)).toBeLessThan(2000);
  });
});

describe('formDecode', () => {
  it('is undefined for what is not form-urlencoded UTF-8', () => {
    expect(formDecode('a+b%20c')).toBe('a b c');
    expect([formDecode('%'), formDecode('%e4')]).toEqual([undefined, undefined]);
  });
});

describe('reading parameters', () => {
  const form = parseForm('once=1&twice=a&twice=b&again=x&again=x&empty=');

  it('singleParameter: the value, or undefined when absent or empty', () => {
    expect(singleParameter(form, 'once')).toBe('1');
    expect([singleParameter(form, 'none'), singleParameter(form, 'empty')]).toEqual([undefined, undefined]);
  });

  it.each(['twice', 'again'])('GR-05 (docs/security.md H1) refuses a repeated %s', (name) => {
    expect(() => singleParameter(form, name)).toThrow(invalidRequest);
    expect(() => requiredParameter(form, name)).toThrow(invalidRequest);
  });

  it('requiredParameter: its absence is invalid_request', () => {
    expect(requiredParameter(form, 'once')).toBe('1');
    expect(() => requiredParameter(form, 'empty')).toThrow(invalidRequest);
  });

  it.each(['%0A', '%0D%0A', '+', '%09', '%C2%A0'])(
    'tokenParameter: refuses a token that ends with %s, and says so',
    (end) => {
      const withEnd = parseForm(`token=a.b.c${end}`);
      expect(() => tokenParameter(withEnd, 'token')).toThrow(/^Parameter token ends with a line break/);
      expect(() => requiredTokenParameter(withEnd, 'token')).toThrow(/^Parameter token ends with a line break/);
    },
  );

  it('tokenParameter: any other value as it is; its absence only where it is required', () => {
    expect(tokenParameter(form, 'once')).toBe('1');
    expect(tokenParameter(form, 'none')).toBeUndefined();
    expect(() => tokenParameter(form, 'twice')).toThrow(invalidRequest);
    expect(() => requiredTokenParameter(form, 'none')).toThrow('Parameter none is missing');
  });

  it('repeatedParameter: every value once, in order (RFC 8693 section 2.1)', () => {
    expect(repeatedParameter(form, 'twice')).toEqual(['a', 'b']);
    expect(repeatedParameter(form, 'again')).toEqual(['x']);
    expect(repeatedParameter(form, 'none')).toEqual([]);
  });
});
