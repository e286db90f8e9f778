import { randomUUID } from 'node:crypto';
import { type TestHeader, signTestToken } from './sign-test-token.js';
import type { TestKey } from './test-key.js';

/** Who asserts to whom, and when; epoch seconds. */
export interface TestAssertion {
  clientId: string;
  audience: string;
  now: number;
}

/** Claims over the usual ones; `undefined` drops one. */
export type TestAssertionClaims = Readonly<Record<string, unknown>>;

/** Signs a client assertion (RFC 7523 section 3) that lives for a minute, with a `jti` of its own unless told otherwise. */
export function signTestAssertion(
  key: TestKey,
  { clientId, audience, now }: TestAssertion,
  { claims = {}, header = {} }: { claims?: TestAssertionClaims; header?: TestHeader } = {},
): string {
  const usual = { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: now, exp: now + 60 };
  return signTestToken(key, { ...usual, ...claims }, { typ: 'JWT', ...header });
}

/** The parameters that carry an assertion (RFC 7523 section 2.2). */
export function assertionForm(assertion: string): { client_assertion_type: string; client_assertion: string } {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}
