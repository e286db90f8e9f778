import {
  type TestAssertionClaims,
  type FixedClock,
  type TestHeader,
  type TestKey,
  assertionForm,
  createTestKey,
  fixedClock,
  signTestAssertion,
} from '@mandate/testing';
import { type Authentication, GRANT, ISSUER, startAuthentication } from './start-authentication.js';

/** Keys of the clients below. */
export const KEYS = {
  ec: createTestKey('ES256'),
  other: createTestKey('ES256'),
  rsa: createTestKey('RS256'),
  p384: createTestKey('ES384'),
};

/** A public key that leaves open which algorithm it is for. */
function withoutAlgorithm({ publicJwk }: TestKey): object {
  return { ...publicJwk, alg: undefined };
}

const CLIENTS = [
  {
    clientId: 'c-pk',
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys: [KEYS.ec.publicJwk] },
    scopes: ['read'],
  },
  { clientId: 'c-other', jwks: { keys: [KEYS.other.publicJwk] }, scopes: ['read'] },
  { clientId: 'c-rsa', jwks: { keys: [withoutAlgorithm(KEYS.rsa)] }, scopes: ['read'] },
  {
    clientId: 'c-ps',
    jwks: { keys: [withoutAlgorithm(KEYS.rsa), KEYS.p384.publicJwk] },
    tokenEndpointAuthSigningAlg: 'PS256',
  },
  { clientId: 'c-weak', jwks: { keys: [createTestKey('RS256', { rsaBits: 1024 }).publicJwk, KEYS.ec.publicJwk] } },
  { clientId: 'c-both', clientSecret: 'secret', jwks: { keys: [KEYS.ec.publicJwk] } },
  {
    clientId: 'c-basic',
    clientSecret: 'secret',
    jwks: { keys: [KEYS.ec.publicJwk] },
    tokenEndpointAuthMethod: 'client_secret_basic',
  },
  { clientId: 'c-secret', clientSecret: 'secret' },
  { clientId: 'c-none', tokenEndpointAuthMethod: 'none' },
];

export interface Attempt {
  clientId?: string;
  key?: TestKey;
  claims?: TestAssertionClaims;
  header?: TestHeader;
  /** Parameters besides. */
  form?: Record<string, string>;
}

/** The service as clients with keys see it. */
export interface AssertionWorld extends Authentication {
  clock: FixedClock;
  /** A good assertion of `c-pk` but for what is given. */
  assertion(attempt?: Attempt): string;
  /** Presents an assertion as it stands. */
  present(assertion: string, form?: Record<string, string>): Promise<Outcome>;
  /** Makes one and presents it. */
  ask(attempt?: Attempt): Promise<Outcome>;
}

export interface Outcome {
  status: number;
  error: unknown;
  challenge: string | null;
}

export const ACCEPTED: Outcome = { status: 200, error: undefined, challenge: null };
export const REFUSED: Outcome = { status: 401, error: 'invalid_client', challenge: null };

/** Starts the service with clients that have keys. Time stands still until told otherwise. */
export async function startAssertionWorld(env: Record<string, string> = {}): Promise<AssertionWorld> {
  const clock = fixedClock();
  const service = await startAuthentication(env, { clock, clients: CLIENTS });
  const assertion: AssertionWorld['assertion'] = ({ clientId = 'c-pk', key = KEYS.ec, claims, header } = {}) =>
    signTestAssertion(
      key,
      { clientId, audience: ISSUER, now: clock() },
      { ...(claims && { claims }), ...(header && { header }) },
    );
  const present: AssertionWorld['present'] = async (text, form = {}) => {
    const { status, headers, body } = await service.post({ ...GRANT, ...assertionForm(text), ...form });
    return { status, error: body['error'], challenge: headers.get('www-authenticate') };
  };
  return { ...service, clock, assertion, present, ask: (attempt = {}) => present(assertion(attempt), attempt.form) };
}
