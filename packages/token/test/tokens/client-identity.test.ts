import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@mandate/ports';
import { clientIdentityOf, clientIssuerClaim, subjectIdentityOf } from '@mandate/token';

const AUTHENTICATION = 'https://authentication.example.com';
const EXCHANGE = 'https://exchange.example.com';
const ELSEWHERE = 'https://elsewhere.example.com';
const trust = { own: true, mayAssertMayAct: true, mayAssertAct: true, allowIdTokens: false };

const token = (issuer: string, claims: JsonObject = {}, clientIssuer?: string) => ({
  issuer,
  claims: { client_id: 'gateway', ...claims },
  clientId: 'gateway',
  trust: { ...trust, own: issuer !== ELSEWHERE, ...(clientIssuer !== undefined && { clientIssuer }) },
});

describe('clientIdentityOf', () => {
  it('is one for a client of ours, whichever of our services issued, where one issuer names the clients', () => {
    const own = { iss: AUTHENTICATION, clientId: 'gateway', own: true };
    for (const issuer of [AUTHENTICATION, EXCHANGE]) {
      expect(clientIdentityOf(token(issuer, {}, AUTHENTICATION))).toEqual(own);
    }
    expect(clientIdentityOf(token(EXCHANGE))).toEqual({ ...own, iss: EXCHANGE });
  });

  it('is that of the issuer for a foreign client, also in what we issued to it', () => {
    const foreign = { iss: ELSEWHERE, clientId: 'gateway', own: false };
    expect(clientIdentityOf(token(ELSEWHERE, {}, AUTHENTICATION))).toEqual(foreign);
    const issuedToken = token(EXCHANGE, clientIssuerClaim(foreign), AUTHENTICATION);
    expect(clientIdentityOf(issuedToken)).toEqual(foreign);
    expect(clientIssuerClaim({ iss: AUTHENTICATION, own: true })).toEqual({});
  });

  it('believes nobody else who says that a client is of another issuer, ours least of all', () => {
    expect(clientIdentityOf(token(ELSEWHERE, { client_iss: AUTHENTICATION }))).toMatchObject({
      iss: ELSEWHERE,
      own: false,
    });
  });

  it('is nobody for a token without a client', () => {
    expect(clientIdentityOf({ ...token(EXCHANGE), clientId: undefined })).toBeUndefined();
  });
});

describe('subjectIdentityOf a token for the client itself', () => {
  it('is the identity of the client, whichever of our services issued', () => {
    for (const issuer of [AUTHENTICATION, EXCHANGE]) {
      expect(subjectIdentityOf(token(issuer, {}, AUTHENTICATION), 'gateway')).toEqual({
        iss: AUTHENTICATION,
        sub: 'gateway',
      });
    }
  });

  it('is not for a person, for a foreign client, or where sub_id names somebody else', () => {
    expect(subjectIdentityOf(token(EXCHANGE, {}, AUTHENTICATION), 'alice').iss).toBe(EXCHANGE);
    expect(subjectIdentityOf(token(ELSEWHERE, {}, AUTHENTICATION), 'gateway').iss).toBe(ELSEWHERE);
    const claims = { sub_id: { format: 'iss_sub', iss: ELSEWHERE, sub: 'gateway' } };
    expect(subjectIdentityOf(token(EXCHANGE, claims, AUTHENTICATION), 'gateway').iss).toBe(ELSEWHERE);
  });
});
