import type { JsonObject } from '@mandate/ports';
import { TEST_START, type TestKey, createTestKey, fixedClock, signTestToken } from '@mandate/testing';
import {
  type TokenVerifier,
  type TrustedIssuerRecord,
  type VerifiedToken,
  createStaticIssuerKeys,
  createTokenVerifier,
} from '../src/index.js';

export const ISSUER = 'https://issuer.example';
export const key = createTestKey('ES256', { kid: 'k1' });
export const rsaKey = createTestKey('RS256', { kid: 'r1' });
export const jwksOf = (...keys: TestKey[]): JsonObject => ({ keys: keys.map(({ publicJwk }) => publicJwk) });
export const claims = { iss: ISSUER, sub: 'alice', exp: TEST_START + 600, iat: TEST_START };

export function verifierFor(record: Partial<TrustedIssuerRecord> = {}, ...more: TrustedIssuerRecord[]): TokenVerifier {
  const issuers = createStaticIssuerKeys({
    issuers: [{ issuer: ISSUER, jwks: jwksOf(key, rsaKey), ...record }, ...more],
  });
  return createTokenVerifier({ issuers, clock: fixedClock() });
}

export const verifier = verifierFor();
export const own = verifierFor({ own: true });

export async function verdict(token: string, by: TokenVerifier = verifier): Promise<string> {
  const result = await by.verify(token);
  return result.ok ? 'ok' : result.reason;
}

export async function tokenOf(token: string, by: TokenVerifier = verifier): Promise<VerifiedToken> {
  const result = await by.verify(token);
  if (!result.ok) throw new Error(result.reason);
  return result.token;
}

export const withClaims = (members: object): string => signTestToken(key, { ...claims, ...members });
export const withTyp = (typ: unknown, members: object = {}): string =>
  signTestToken(key, { ...claims, ...members }, { typ });
