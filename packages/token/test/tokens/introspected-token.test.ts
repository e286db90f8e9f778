import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@mandate/ports';
import { TEST_START } from '@mandate/testing';
import { introspectedToken } from '../../src/index.js';

const issuer = 'https://am.example.com';
const claims: JsonObject = { sub: 'alice', scope: 'read', client_id: 'app', exp: TEST_START + 60 };
const trust = { mayAssertMayAct: true, mayAssertAct: false };
const tokenOf = (answer: JsonObject) => introspectedToken('opaque', answer, { issuer, trust, now: TEST_START });

describe('introspectedToken', () => {
  it('is an access token of the issuer, with what the answer says', () => {
    expect(tokenOf(claims)).toMatchObject({
      ok: true,
      token: {
        kind: 'access_token',
        issuer,
        subject: 'alice',
        clientId: 'app',
        scopes: ['read'],
        audience: [],
        expiresAt: TEST_START + 60,
        claims: { iss: issuer, sub: 'alice' },
      },
    });
  });

  it('is named by its own digest, whatever jti the answer has', () => {
    const ids = [claims, { ...claims, jti: 'of-another' }].map((answer) => {
      const result = tokenOf(answer);
      return result.ok && result.token.id;
    });
    expect(ids[0]).toMatch(/^sha256:[\w-]{43}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it('is never one of our own, and is believed as far as was said', () => {
    const own = { ...trust, own: true, allowIdTokens: true };
    const result = introspectedToken('opaque', claims, { issuer, trust: own, now: TEST_START });
    expect(result).toMatchObject({ token: { trust: { own: false, allowIdTokens: false, mayAssertMayAct: true } } });
  });

  it.each([
    ['another issuer', { iss: 'https://users.example.com' }, 'unknown_issuer'],
    ['an issuer of another type', { iss: ['https://am.example.com'] }, 'unknown_issuer'],
    ['T12 an exp of another type', { exp: '9999999999' }, 'bad_claim'],
    ['T12 an exp in milliseconds', { exp: TEST_START * 1000 }, 'bad_claim'],
    ['an exp that has passed', { exp: TEST_START }, 'expired'],
    ['T13 an nbf to come', { nbf: TEST_START + 31 }, 'not_yet_valid'],
    ['T13 an iat to come', { iat: TEST_START + 31 }, 'issued_in_future'],
    ['an empty sub', { sub: '' }, 'bad_claim'],
    ['T14 an aud of another type', { aud: [7] }, 'bad_claim'],
    ['a scope of another type', { scope: 7 }, 'bad_claim'],
    ['a refresh token, as Hydra says', { token_use: 'refresh_token' }, 'wrong_type'],
    ['a refresh token, as AM says', { token_type: 'refresh_token' }, 'wrong_type'],
  ] as const)('refuses %s', (_name, claimsOfAnswer, reason) => {
    expect(tokenOf({ ...claims, ...claimsOfAnswer } as JsonObject)).toEqual({ ok: false, reason });
  });

  it('T12 refuses a token that never ends', () => {
    expect(tokenOf({ sub: 'alice', scope: 'read' })).toEqual({ ok: false, reason: 'no_expiry' });
  });

  it('accepts the issuer by its name', () => {
    expect(tokenOf({ ...claims, iss: issuer }).ok).toBe(true);
  });
});
