import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EffectiveActor, readConsent } from '../src/index.js';
import { type JsonValue } from '@mandate/ports';

const AS = 'https://as.example.com';
const bob: EffectiveActor = { iss: AS, sub: 'bob', clientId: 'bobs-app' };

const consent = (mayAct: JsonValue | undefined, actor = bob, issuers: readonly string[] = [AS]) =>
  readConsent(mayAct, actor, issuers);

describe('readConsent (RFC 8693 section 4.4)', () => {
  it('is absent only when there is no may_act', () => {
    expect(consent(undefined)).toBe('absent');
  });

  it.each<[string, JsonValue]>([
    ['sub', { sub: 'bob' }],
    ['sub and iss', { sub: 'bob', iss: AS }],
    ['client_id', { client_id: 'bobs-app' }],
    ['all three', { sub: 'bob', iss: AS, client_id: 'bobs-app' }],
    ['one of several subs', { sub: ['carol', 'bob'] }],
    ['one of several issuers', { sub: 'bob', iss: ['https://other', AS] }],
    ['one of several clients', { client_id: ['x', 'bobs-app'] }],
    ['the issuer alone', { iss: AS }],
    ['members that are not compared beside it', { sub: 'bob', email: 'bob@example.com' }],
  ])('is given by %s', (_, mayAct) => {
    expect(consent(mayAct)).toBe('given');
  });

  it.each<[string, JsonValue]>([
    ['another sub', { sub: 'carol' }],
    ['TX-19 another iss', { sub: 'bob', iss: 'https://other' }],
    ['TX-20 another client_id', { sub: 'bob', client_id: 'other' }],
    ['several others', { sub: ['carol', 'dave'] }],
    ['an empty list, which names nobody', { sub: [] }],
    ['an empty object, which names nobody', {}],
    ['a right client of another sub', { sub: 'carol', client_id: 'bobs-app' }],
  ])('is withheld by %s', (_, mayAct) => {
    expect(consent(mayAct)).toBe('withheld');
  });

  it.each<[JsonValue, string]>([
    ['bob', 'malformed'],
    [['bob'], 'malformed'],
    [1, 'malformed'],
    [null, 'malformed'],
    [{}, 'withheld'],
    [{ sub: 1 }, 'malformed'],
    [{ sub: '' }, 'malformed'],
  ])('TX-25 refuses %j as %s', (mayAct, expected) => {
    expect(consent(mayAct)).toBe(expected);
  });

  it.each<JsonValue>([
    true,
    [],
    [{ sub: 'bob' }],
    { sub: null },
    { sub: {} },
    { sub: ['bob', 1] },
    { sub: ['bob', ''] },
    { sub: 'bob', iss: null },
    { sub: 'bob', iss: 1 },
    { sub: 'bob', client_id: [[]] },
    { email: 'bob@example.com' },
  ])('takes %j for malformed', (mayAct) => {
    expect(consent(mayAct)).toBe('malformed');
  });

  it.each(['Bob', 'BOB', 'bob ', ' bob', 'bob\0', 'b\u043eb', 'bo\u200bb', '*', 'b*', 'bob,carol', '.*', 'bob\n'])(
    'X6 does not take %j for bob',
    (sub) => {
      expect(consent({ sub })).toBe('withheld');
      expect(consent({ sub: [sub] })).toBe('withheld');
      expect(consent({ sub: 'bob' }, { ...bob, sub })).toBe('withheld');
    },
  );

  it('X6 does not normalise: NFC and NFD are two names', () => {
    expect(consent({ sub: 'Jos\u00e9' }, { ...bob, sub: 'Jose\u0301' })).toBe('withheld');
  });

  it('X7 (TX-56) a bare sub names somebody at the bare-name issuers only', () => {
    const mallory = { ...bob, iss: 'https://evil.example.com' };
    expect(consent({ sub: 'bob' }, mallory)).toBe('withheld');
    expect(consent({ sub: 'bob' }, bob, [])).toBe('withheld');
    expect(consent({ sub: 'bob', client_id: 'bobs-app' }, mallory)).toBe('withheld');
    expect(consent({ sub: 'bob', iss: mallory.iss }, mallory)).toBe('given');
  });

  it('names by a bare client_id a client of our own, or of an issuer of bare names, and no other of that id', () => {
    const through = (clientIssuer: string) => ({ ...bob, clientIssuer });
    const mayAct = { client_id: 'bobs-app' };
    expect(consent(mayAct, bob)).toBe('given');
    expect(consent(mayAct, through(AS))).toBe('given');
    expect(consent(mayAct, through('https://other'))).toBe('withheld');
  });

  it('names by a client_id beside an iss a client of our own, or of that issuer, and no other of that id', () => {
    const through = (clientIssuer: string | undefined) => ({ ...bob, clientIssuer });
    const mayAct = { client_id: 'bobs-app', iss: ['https://elsewhere', AS] };
    for (const clientIssuer of [undefined, AS, 'https://elsewhere']) {
      expect(consent(mayAct, through(clientIssuer), [])).toBe('given');
      expect(consent({ ...mayAct, sub: 'bob' }, through(clientIssuer), [])).toBe('given');
    }
    expect(consent(mayAct, through('https://other'), ['https://other'])).toBe('withheld');
    expect(consent({ ...mayAct, sub: 'bob' }, through('https://other'), ['https://other'])).toBe('withheld');
  });

  it('names no actor whose client is unknown by client_id', () => {
    expect(consent({ client_id: 'bobs-app' }, { ...bob, clientId: undefined })).toBe('withheld');
  });

  it('looks at own members only', () => {
    expect(consent(Object.create({ sub: 'bob' }) as JsonValue)).toBe('withheld');
  });

  it('is given exactly when every member present holds the actor, for any names', () => {
    const word = fc.constantFrom('bob', 'carol', 'Bob', AS, 'bobs-app', 'x');
    const names = fc.oneof(word, fc.array(word));
    const members = fc.record({ sub: names, iss: names, client_id: names }, { requiredKeys: [] });
    const holds = (value: string, names: string | string[] | undefined): boolean =>
      names === undefined || (typeof names === 'string' ? names === value : names.includes(value));
    fc.assert(
      fc.property(members, (mayAct) => {
        const isNamed = Object.keys(mayAct).length > 0;
        const meetsAll = holds('bob', mayAct.sub) && holds(AS, mayAct.iss) && holds('bobs-app', mayAct.client_id);
        expect(consent(mayAct)).toBe(isNamed && meetsAll ? 'given' : 'withheld');
      }),
    );
  });

  it('never throws and never gives consent to somebody no member spells out, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (mayAct) => {
        const stranger = { iss: 'https://nowhere', sub: '§stranger', clientId: '§app' };
        expect(['withheld', 'malformed']).toContain(consent(mayAct as JsonValue, stranger, ['https://nowhere']));
      }),
    );
  });
});
