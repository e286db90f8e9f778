import { describe, expect, it } from '@jest/globals';
import type { Client } from '@mandate/clients';
import { REGISTERED_CLAIMS } from '@mandate/oauth';
import { type JsonObject } from '@mandate/ports';
import fc from 'fast-check';
import { type ClaimsProfile, type TokenSubject, accessTokenClaims } from '../../src/issue/access-token-claims.js';

const client: Client = { clientId: 'c1', secrets: [], scopes: ['a', 'b'], attributes: {} };

function claims(
  profile: ClaimsProfile,
  changes: {
    client?: Partial<Client>;
    subject?: TokenSubject;
    audience?: string[];
    audiences?: string[];
    names?: string[];
  } = {},
) {
  return accessTokenClaims(
    {
      subject: changes.subject ?? { sub: 'c1' },
      client: { ...client, ...changes.client },
      audience: changes.audience,
      scopes: ['a', 'b'],
      tokenId: 'token-1',
      grantId: 'grant-1',
      issuedAt: 1000,
      expiresAt: 1600,
    },
    {
      issuer: 'https://as.example.com',
      profile,
      audiences: changes.audiences ?? [],
      additionalClaimNames: changes.names ?? [],
    },
  );
}

describe('claims profiles', () => {
  it('minimal has the claims of RFC 9068 2.2 and no other', () => {
    expect(Object.keys(claims('minimal')).sort()).toEqual([
      'aud',
      'client_id',
      'exp',
      'iat',
      'iss',
      'jti',
      'scope',
      'sub',
    ]);
  });

  it('standard adds what IMS consumers read, scope staying a string', () => {
    expect(claims('standard')).toMatchObject({ scope: 'a b', scp: ['a', 'b'], cid: 'c1', nbf: 1000, auth_time: 1000 });
    expect(claims('standard')).not.toHaveProperty('expires_in');
  });

  it('ims has scope as an array, expires_in in seconds, and aud as the client id without a configured audience', () => {
    expect(claims('ims')).toMatchObject({ scope: ['a', 'b'], scp: ['a', 'b'], expires_in: 600, aud: 'c1' });
  });

  it('aud is the audiences and the client, each once; those of the client replace the configured ones', () => {
    expect(claims('standard', { audiences: ['x', 'c1'] })['aud']).toEqual(['x', 'c1']);
    expect(claims('standard', { audiences: ['x'], client: { audiences: ['y'] } })['aud']).toEqual(['y', 'c1']);
  });

  it('a person is the subject, who proved to be there before; the client stays the one that it is issued to', () => {
    const person = claims('standard', { subject: { sub: 'alice', authTime: 400 }, audience: ['https://api'] });
    expect(person).toMatchObject({ sub: 'alice', auth_time: 400, client_id: 'c1', cid: 'c1', iat: 1000 });
    expect(person).toMatchObject({ aud: ['https://api', 'c1'], jti: 'token-1', authGrantId: 'grant-1' });
  });

  it('property: no attribute overrides a claim of ours, whatever is configured', () => {
    const names = fc.constantFrom(...REGISTERED_CLAIMS, 'tenant');
    fc.assert(
      fc.property(fc.uniqueArray(names), fc.constantFrom('standard', 'ims', 'minimal'), (chosenNames, profile) => {
        const attributes = Object.fromEntries(chosenNames.map((name) => [name, 'evil'])) as JsonObject;
        const issuedClaims = claims(profile, { client: { attributes }, names: chosenNames });
        const evil = Object.keys(issuedClaims).filter((name) => issuedClaims[name] === 'evil');
        expect(evil.every((name) => name === 'tenant')).toBe(true);
      }),
    );
  });
});
