import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Identity, namesIdentity, parseNamedIdentity, sameIdentity } from '../src/index.js';
import { type JsonValue } from '@mandate/ports';
import { anyText } from '@mandate/testing';

const A = 'https://a.example.com';
const B = 'https://b.example.com';
const pair = (iss: string, sub: string): Identity => ({ iss, sub });
const alice = pair(A, 'alice');

/** Names that look like alice, or like a way to say everybody. */
const LOOKALIKES = [
  'Alice',
  'ALICE',
  'alice ',
  ' alice',
  'alice\0',
  'alice\n',
  'al\u0131ce',
  '\u0430lice',
  'ali\u200bce',
  '\ufeffalice',
  '*',
  'alice*',
  'a.*',
  '',
  'alice,bob',
  '["alice"]',
  'alice@https://a.example.com',
];

describe('sameIdentity', () => {
  it('X7 compares the pair: alice of A is not alice of B', () => {
    expect(sameIdentity(alice, { ...alice })).toBe(true);
    expect(sameIdentity(alice, { ...alice, iss: B })).toBe(false);
    expect(sameIdentity(alice, { ...alice, sub: 'bob' })).toBe(false);
  });

  it.each(LOOKALIKES)('X6 does not take %j for alice', (sub) => {
    expect(sameIdentity(alice, { iss: A, sub })).toBe(false);
  });

  it.each([`${A}/`, A.toUpperCase(), `${A}:443`, `${A}.`, ` ${A}`])('X6 does not take the issuer %j for A', (iss) => {
    expect(sameIdentity(alice, { ...alice, iss })).toBe(false);
  });

  it('X6 does not normalise: NFC and NFD are two names', () => {
    expect(sameIdentity({ iss: A, sub: 'Jos\u00e9' }, { iss: A, sub: 'Jose\u0301' })).toBe(false);
  });

  it('cannot be confused by where one half ends and the other starts', () => {
    const text = fc.oneof(fc.constantFrom('a', 'ab', 'b', 'bc', 'c'), anyText());
    fc.assert(
      fc.property(fc.record({ iss: text, sub: text }), fc.record({ iss: text, sub: text }), (one, other) => {
        expect(sameIdentity(one, other)).toBe(one.iss === other.iss && one.sub === other.sub);
      }),
    );
    expect(sameIdentity({ iss: 'ab', sub: 'c' }, { iss: 'a', sub: 'bc' })).toBe(false);
  });
});

describe('namesIdentity', () => {
  it('X7 (TX-56) takes a bare name at the default issuers only', () => {
    expect(namesIdentity('alice', alice, [A])).toBe(true);
    expect(namesIdentity('alice', alice, [B, A])).toBe(true);
    expect(namesIdentity('alice', { ...alice, iss: B }, [A])).toBe(false);
    expect(namesIdentity('alice', alice, [])).toBe(false);
  });

  it('X7 takes a pair exactly, whatever the default issuers', () => {
    expect(namesIdentity(pair(B, 'alice'), pair(B, 'alice'), [A])).toBe(true);
    expect(namesIdentity(pair(B, 'alice'), alice, [A])).toBe(false);
  });

  it.each(LOOKALIKES)('X6 does not let %j name alice', (name) => {
    expect(namesIdentity(name, alice, [A])).toBe(false);
    expect(namesIdentity(pair(A, name), alice, [A])).toBe(false);
    expect(namesIdentity('alice', { iss: A, sub: name }, [A])).toBe(false);
  });
});

describe('parseNamedIdentity', () => {
  it('reads a bare name and a pair', () => {
    expect(parseNamedIdentity('alice')).toBe('alice');
    expect(parseNamedIdentity({ iss: A, sub: 'alice' })).toEqual(alice);
  });

  it.each<JsonValue>([
    '',
    1,
    null,
    true,
    [],
    ['alice'],
    {},
    { sub: 'alice' },
    { iss: A },
    { iss: A, sub: '' },
    { iss: '', sub: 'a' },
    { iss: A, sub: 1 },
    { iss: [A], sub: 'alice' },
    { iss: A, sub: 'alice', admin: true },
    { iss: A, subs: 'alice' },
  ])('refuses %j', (value) => {
    expect(parseNamedIdentity(value)).toBeUndefined();
  });

  it('never throws, and gives a non-empty name or pair or nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const identity = parseNamedIdentity(value as JsonValue);
        if (typeof identity === 'object') expect(Object.keys(identity).sort()).toEqual(['iss', 'sub']);
        else expect(identity).not.toBe('');
      }),
    );
  });
});
