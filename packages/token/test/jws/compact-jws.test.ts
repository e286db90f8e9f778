import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalClaims } from '@mandate/oauth';
import type { JsonObject } from '@mandate/ports';
import { cpuMilliseconds, createTestKey, signTestParts, signTestToken } from '@mandate/testing';
import { MAX_TOKEN_LENGTH, parseCompactJws } from '../../src/jws/compact-jws.js';

const key = createTestKey('HS256', { kid: 'k' });
const token = signTestToken(key, { iss: 'i', sub: 's' });
const [header = '', payload = '', signature = ''] = token.split('.');
const reasonOf = (text: string): string => {
  const result = parseCompactJws(text);
  return result.ok ? 'ok' : result.reason;
};
const withHeader = (members: Record<string, unknown>): string => signTestToken(key, { iss: 'i' }, members);

describe('parseCompactJws', () => {
  it('reads header and claims as data without a prototype', () => {
    const result = parseCompactJws(token);
    if (!result.ok) throw new Error(result.reason);
    expect(result.jws.header).toEqual({ alg: 'HS256', kid: 'k', typ: 'at+jwt' });
    expect({ ...result.jws.claims }).toEqual({ iss: 'i', sub: 's' });
    expect(Object.getPrototypeOf(result.jws.claims)).toBeNull();
  });

  it.each([
    'none',
    'None',
    'nOnE',
    '',
    ' ',
    'HS1',
    'RSA-OAEP',
    'dir',
    'hs256',
    'HS256 ',
    1,
    null,
    ['HS256'],
    {},
    undefined,
  ])('T1 refuses alg %j', (alg) => {
    expect(reasonOf(withHeader({ alg }))).toBe('algorithm_not_allowed');
  });

  it.each([1, null, ['k'], { k: 1 }, true])('T6 refuses a kid that is no string: %j', (kid) => {
    expect(reasonOf(withHeader({ kid }))).toBe('malformed');
  });

  it.each([1, null, ['at+jwt']])('refuses a typ that is no string: %j (RFC 7515 section 4.1.9)', (typ) => {
    expect(reasonOf(withHeader({ typ }))).toBe('malformed');
  });

  it.each([
    { crit: ['unknown'], unknown: true },
    { crit: [] },
    { crit: 'exp' },
    { crit: ['b64'], b64: false },
    { b64: false },
    { b64: true },
    { crit: null },
  ])('T7 refuses the extension header %j (RFC 7515 section 4.1.11, RFC 7797)', (members) => {
    expect(reasonOf(withHeader(members))).toBe('unsupported_header');
  });

  it.each([
    ['header', '{"alg":"HS256","alg":"HS256"}', '{"iss":"i"}'],
    ['payload', '{"alg":"HS256"}', '{"iss":"i","sub":"a","sub":"b"}'],
    ['payload by an escaped twin', '{"alg":"HS256"}', '{"sub":"a","\\u0073ub":"b"}'],
    ['nested object', '{"alg":"HS256"}', '{"act":{"sub":"a","sub":"b"}}'],
  ])('T8 refuses duplicate members in the %s', (_place, head, body) => {
    expect(reasonOf(signTestParts(key, head, body))).toBe('malformed');
  });

  it.each([
    ['padding', `${header}.${payload}.${signature}=`],
    ['double padding', `${header}.${payload}.${signature}==`],
    ['trailing space', `${token} `],
    ['trailing newline', `${token}\n`],
    ['leading space', ` ${token}`],
    ['space within', `${header}. ${payload}.${signature}`],
    ['the other alphabet', `${header}.${payload}.${signature.slice(0, -2)}+/`],
    ['NUL', `${token}\0`],
    ['a non-ASCII letter', `${header}.${payload}.${signature}é`],
  ])('T9 refuses base64url with %s', (_kind, text) => {
    expect(reasonOf(text)).toBe('malformed');
  });

  it('T9 refuses every non-canonical last letter of the signature (RFC 4648 section 3.5)', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(signature.slice(-1));
    const twins = [1, 2, 3].map((bits) => `${token.slice(0, -1)}${alphabet[(last & ~3) | ((last + bits) & 3)] ?? ''}`);
    expect(twins.map((twin) => Buffer.from(twin.split('.')[2] ?? '', 'base64url').toString('base64url'))).toEqual(
      Array(3).fill(signature),
    );
    expect(twins.map(reasonOf)).toEqual(['malformed', 'malformed', 'malformed']);
  });

  it.each([
    ['JSON serialization', JSON.stringify({ payload, protected: header, signature })],
    ['one part', header],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${token}.${signature}`],
    ['five parts (JWE)', `${header}..${payload}.${signature}.${signature}`],
    ['no signature', `${header}.${payload}.`],
    ['no payload', `${header}..${signature}`],
    ['no header', `.${payload}.${signature}`],
    ['nothing', ''],
    ['dots', '..'],
    ['a nested JWT', signTestParts(key, '{"alg":"HS256","cty":"JWT"}', token)],
  ])('T10 refuses %s', (_kind, text) => {
    expect(reasonOf(text)).toBe('malformed');
  });

  it.each([
    ['a byte order mark', Buffer.from('\uFEFF{"iss":"i"}')],
    ['UTF-16', Buffer.from('{"iss":"i"}', 'utf16le')],
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"iss":"'), Buffer.from([0xff]), Buffer.from('"}')])],
    ['an overlong sequence', Buffer.concat([Buffer.from('{"iss":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
    ['comments', '{"iss":"i"} // x'],
    ['trailing data', '{"iss":"i"}{}'],
    ['NaN', '{"iss":"i","exp":NaN}'],
    ['single quotes', "{'iss':'i'}"],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
  ])('T11 refuses a header or payload with %s', (_kind, text) => {
    expect(reasonOf(signTestParts(key, '{"alg":"HS256"}', text))).toBe('malformed');
    expect(reasonOf(signTestParts(key, text, '{"iss":"i"}'))).toBe('malformed');
  });

  it('T12 refuses a number that overflows: exp 1e400', () => {
    expect(reasonOf(signTestParts(key, '{"alg":"HS256"}', '{"exp":1e400}'))).toBe('malformed');
  });

  it('T20 accepts 8 KiB and refuses more than 16 KiB, quickly', () => {
    expect(reasonOf(signTestToken(key, { pad: 'x'.repeat(8000) }))).toBe('ok');
    expect(reasonOf('a'.repeat(MAX_TOKEN_LENGTH + 1))).toBe('too_large');
    const refuseAll = () => {
      expect(reasonOf('.'.repeat(10_000_000))).toBe('too_large');
      expect(reasonOf('.'.repeat(MAX_TOKEN_LENGTH))).toBe('malformed');
    };
    expect(cpuMilliseconds(refuseAll)).toBeLessThan(2000);
  });

  it('T20 refuses nesting beyond 100 levels', () => {
    const nestedText = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(reasonOf(signTestParts(key, '{"alg":"HS256"}', nestedText(99)))).toBe('ok');
    expect(reasonOf(signTestParts(key, '{"alg":"HS256"}', nestedText(100)))).toBe('malformed');
    expect(reasonOf(signTestParts(key, '{"alg":"HS256"}', nestedText(5000)))).toBe('malformed');
  });

  it('T9 gives a token exactly one textual form: no change of one character parses to the same token', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...Array.from('AQgw059-_=+/ .\n')), (at, letter) => {
        fc.pre(token[at] !== letter);
        const changedToken = `${token.slice(0, at)}${letter}${token.slice(at + 1)}`;
        const result = parseCompactJws(changedToken);
        const bytes = (text: string): string[] =>
          text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
        return !result.ok || bytes(changedToken).join() !== bytes(token).join();
      }),
    );
  });

  it('reads back any claims it is given, and never throws on any text', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (claims) => {
        const text = signTestToken(key, claims);
        fc.pre(text.length <= MAX_TOKEN_LENGTH);
        const result = parseCompactJws(text);
        expect(result.ok && JSON.stringify(result.jws.claims)).toBe(JSON.stringify(normalClaims(claims as JsonObject)));
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseCompactJws(text)));
    const part = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('base64url'));
    fc.assert(fc.property(part, part, part, (a, b, c) => void parseCompactJws(`${a}.${b}.${c}`)));
  });
});
