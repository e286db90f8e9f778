import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '@mandate/ports';
import { agreementDetail, mayActOf, parseAuthorizationDetails, readAgreement } from '../src/index.js';
import { parseAgreement } from '../src/agreement.js';

const type = 'act_on_behalf';
const actor = { sub: 'bob', iss: 'https://users.example' };
const scopes = ['read', 'write'];
const locations = ['https://images.example', 'billing'];
const detail: JsonObject = {
  type,
  actor,
  scopes,
  locations,
  until: 1_800_000_600,
  uses: 3,
  purpose: 'Ticket 4711: “address change”',
};

describe('parseAgreement', () => {
  it('reads what is agreed, and tells it as it was asked (RFC 9396 section 2)', () => {
    const agreement = parseAgreement(detail);
    expect(agreement).toEqual({
      actor: { sub: 'bob', iss: 'https://users.example' },
      scopes: ['read', 'write'],
      locations: ['https://images.example', 'billing'],
      until: 1_800_000_600,
      uses: 3,
      purpose: 'Ticket 4711: “address change”',
    });
    expect(agreementDetail(agreement)).toEqual(detail);
    expect(parseAuthorizationDetails([detail])).toEqual(agreement);
  });

  it('names the actor in may_act: an identity, a bare name, or a client (RFC 8693 section 4.4)', () => {
    const mayActFor = (actor: JsonObject) => mayActOf(parseAgreement({ type, scopes, locations, ...actor }));
    expect(mayActOf(parseAgreement(detail))).toEqual({ sub: 'bob', iss: 'https://users.example' });
    expect(mayActFor({ actor: { sub: 'bob' } })).toEqual({ sub: 'bob' });
    expect(mayActFor({ client_id: 'agent' })).toEqual({ client_id: 'agent' });
    const ofClient = { type, client_id: 'agent', scopes, locations };
    expect(agreementDetail(parseAgreement(ofClient))).toEqual(ofClient);
  });

  it.each<[string, JsonObject]>([
    ['nobody', { type, scopes, locations }],
    ['an actor and a client', { ...detail, client_id: 'agent' }],
    ['no scopes', { type, actor, locations }],
    ['no locations', { type, actor, scopes }],
    ['an empty list of scopes', { ...detail, scopes: [] }],
    ['an empty list of locations', { ...detail, locations: [] }],
    ['two scopes in one', { ...detail, scopes: ['read write'] }],
    ['a location with a fragment', { ...detail, locations: ['https://images.example#a'] }],
    ['a location with a space', { ...detail, locations: ['images example'] }],
    ['33 locations', { ...detail, locations: Array.from({ length: 33 }, (_, index) => `l${index}`) }],
    ['an actor without a name', { ...detail, actor: {} }],
    ['an actor with more', { ...detail, actor: { sub: 'bob', admin: true } }],
    ['an empty name', { ...detail, actor: { sub: '' } }],
    ['a blank name', { ...detail, actor: { sub: ' ' } }],
    ['a name that shows nothing', { ...detail, actor: { sub: '\u3164' } }],
    ['a client that shows nothing', { type, client_id: '\u3164', scopes, locations }],
    ['a blank issuer', { ...detail, actor: { sub: 'bob', iss: ' ' } }],
    ['an issuer with one that shows nothing', { ...detail, actor: { sub: 'bob', iss: 'https://a\u115fb' } }],
    ['a name with another space', { ...detail, actor: { sub: 'bob\u2003bob' } }],
    ['a name of two lines', { ...detail, actor: { sub: 'bob\nfor reading only' } }],
    ['an issuer that turns its text around', { ...detail, actor: { sub: 'bob', iss: 'https://a\u202eb' } }],
    ['a location that turns its text around', { ...detail, locations: ['https://a\u202eb'] }],
    ['another type', { ...detail, type: 'payment_initiation' }],
    ['a member nobody knows', { ...detail, privileges: ['all'] }],
    ['milliseconds', { ...detail, until: 1_800_000_600_000 }],
    ['half a second', { ...detail, until: 1_800_000_600.5 }],
    ['no use', { ...detail, uses: 0 }],
    ['half a use', { ...detail, uses: 1.5 }],
    ['a purpose of two lines', { ...detail, purpose: 'one\ntwo' }],
    ['a purpose that turns its text around', { ...detail, purpose: 'a\u202eb' }],
    ['an endless purpose', { ...detail, purpose: 'x'.repeat(201) }],
    ['an empty purpose', { ...detail, purpose: '' }],
    ['a blank purpose', { ...detail, purpose: ' ' }],
    ['a purpose that shows nothing', { ...detail, purpose: '\u3164' }],
    ['a purpose of no width', { ...detail, purpose: 'a\u200bb' }],
    ['a purpose that is none', { ...detail, purpose: null }],
  ])('refuses %s as invalid_authorization_details (RFC 9396 section 5)', (_, members) => {
    expect(() => parseAgreement(members)).toThrow(expect.objectContaining({ code: 'invalid_authorization_details' }));
    expect(readAgreement(members)).toBeUndefined();
  });

  it.each(['x', 'Überweisung an Zoë', '支払い', '😀', 'e\u0301', ' %&+', 'Ticket 4711: “address change”'])(
    'takes the plain line "%s" as a name and a purpose',
    (text) => {
      const fullDetail = { ...detail, actor: { sub: text, iss: text }, purpose: text };
      expect(agreementDetail(parseAgreement(fullDetail))).toEqual(fullDetail);
    },
  );

  it.each([[[]], [[detail, detail]], [detail], ['act_on_behalf'], [null], [[null]]])(
    'takes one detail at a time, not %j',
    (details) => {
      expect(() => parseAuthorizationDetails(details)).toThrow(
        expect.objectContaining({ code: 'invalid_authorization_details' }),
      );
    },
  );

  it('with a term of a later version is no agreement to who does not know it: no term is lost', () => {
    const limitedAgreement = { ...parseAgreement(detail), atMost: 5 };
    expect(agreementDetail(limitedAgreement)).toEqual({ ...detail, atMost: 5 });
    expect(readAgreement(agreementDetail(limitedAgreement))).toBeUndefined();
  });

  it('reads back whatever it tells', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '');
    const agreement = fc.record(
      {
        actor: fc.oneof(fc.record({ sub: name }), fc.record({ sub: name, iss: name }), fc.record({ clientId: name })),
        scopes: fc.uniqueArray(fc.stringMatching(/^[a-z:]{1,9}$/), { minLength: 1, maxLength: 9 }),
        locations: fc.uniqueArray(
          fc.stringMatching(/^[a-z/:.]{0,9}[a-z]$/).filter((text) => !text.startsWith(':')),
          {
            minLength: 1,
            maxLength: 9,
          },
        ),
        until: fc.integer({ min: 1, max: 9e9 }),
        uses: fc.integer({ min: 1, max: 1_000_000 }),
        purpose: fc.stringMatching(/^[\w ]{0,199}\w$/),
      },
      { requiredKeys: ['actor', 'scopes', 'locations'] },
    );
    fc.assert(fc.property(agreement, (value) => expect(readAgreement(agreementDetail(value))).toEqual(value)));
  });
});
