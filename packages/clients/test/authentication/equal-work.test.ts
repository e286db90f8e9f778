import { describe, expect, it } from '@jest/globals';
import { JWT_BEARER_CLIENT_ASSERTION, OAuthError, parseAuthorization, parseForm } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import { type TestKey, createTestKey, signTestToken } from '@mandate/testing';
import {
  type AuthenticationMethod,
  type Client,
  type ClientStore,
  type SecretVerifier,
  createClientAuthentication,
  createClientKeys,
  createJsonClientStore,
  createMemoryReplayStore,
  createPrivateKeyJwt,
  createSecretMethods,
  parseClients,
  unlimited,
  withClientCache,
} from '../../src/index.js';
import type { SecretClaim } from '../../src/secrets/secret-verifier.js';

const NOW = 1_700_000_000;
const clock = (): number => NOW;
const ISSUER = 'https://as.example.com';
const [pkKey, anyKey, rsaKey] = [createTestKey('ES256'), createTestKey('ES256'), createTestKey('RS256')] as const;
const keysOf = ({ publicJwk }: TestKey) => ({ jwks: { keys: [publicJwk] } });

const clients = parseClients(
  JSON.stringify([
    { clientId: 'c-any', clientSecret: 'secret' },
    { clientId: 'c-post', clientSecret: 'other', tokenEndpointAuthMethod: 'client_secret_post' },
    { clientId: 'c-two', clientSecrets: ['old', 'new'] },
    { clientId: 'c-long', clientSecret: 'ab'.repeat(64) },
    { clientId: 'c-none', tokenEndpointAuthMethod: 'none' },
    { clientId: 'c-pk', tokenEndpointAuthMethod: 'private_key_jwt', ...keysOf(pkKey) },
    { clientId: 'c-rsa', tokenEndpointAuthMethod: 'private_key_jwt', ...keysOf(rsaKey) },
    { clientId: 'c-secret', clientSecret: 's', tokenEndpointAuthMethod: 'client_secret_basic', ...keysOf(anyKey) },
    {
      clientId: 'c-es384',
      tokenEndpointAuthMethod: 'private_key_jwt',
      tokenEndpointAuthSigningAlg: 'ES384',
      ...keysOf(createTestKey('ES384')),
    },
  ]),
);
const store = createJsonClientStore({ current: () => clients });
const nobodies = Array.from({ length: 50 }, (_, index) => `nobody-${index}`);

function authenticationBy(...methods: AuthenticationMethod[]) {
  return createClientAuthentication({ methods, realm: 'mandate' });
}

describe('an id that nobody has costs what one that somebody has does (docs/security.md C7)', () => {
  it('by a secret: one of those there are is compared, the same each time, and authenticates nobody', async () => {
    const claims: SecretClaim[] = [];
    const secrets: SecretVerifier = { verify: (claim) => Promise.resolve(claims.push(claim) > 0) };
    const authentication = authenticationBy(...createSecretMethods({ store, secrets, limits: unlimited(), clock }));
    const ids = [...nobodies, 'c-none', 'c-post', 'c-pk'];
    for (const id of [...ids, ...ids]) {
      // the verifier says that the secret is right, and still nobody is authenticated by the secret of another
      const authorization = parseAuthorization(`Basic ${Buffer.from(`${id}:secret`).toString('base64')}`);
      const answer = authentication.authenticate({ authorization, form: parseForm('') });
      await expect(answer).rejects.toMatchObject({ code: 'invalid_client' });
    }
    const hashes = claims.map((claim) => JSON.stringify(claim.values));
    const records = [...clients.values()].map((client) => JSON.stringify(client.secrets.map(({ value }) => value)));
    for (const secret of hashes.filter((text) => text !== '[]')) expect(records).toContain(secret);
    expect(new Set(hashes).size).toBeGreaterThan(3);
    expect(hashes.slice(0, ids.length)).toEqual(hashes.slice(ids.length));
  });
});

/** Whose keys were tried for each assertion: those that a signature was verified with. */
function keyWorld(clientStore: ClientStore) {
  const tried: string[][] = [];
  const real = createClientKeys({
    http: { send: () => Promise.reject(new UpstreamError('client_keys', 'unreachable')) },
    clock,
  });
  const keys = {
    async candidates(client: Client, header: Parameters<typeof real.candidates>[1]) {
      const candidates = await real.candidates(client, header);
      return candidates.map((candidate) => ({
        ...candidate,
        get key() {
          tried.at(-1)?.push(client.clientId);
          return candidate.key;
        },
      }));
    },
  };
  const replays = createMemoryReplayStore({ clock });
  const options = { store: clientStore, keys, replays, clock, maxLifetimeSeconds: 300 };
  const authentication = authenticationBy(
    createPrivateKeyJwt({ ...options, audience: { issuer: ISSUER, endpoints: [] } }),
  );
  let count = 0;
  const authenticate = async (clientId: string, key: TestKey): Promise<string> => {
    tried.push([]);
    const claims = { iss: clientId, sub: clientId, aud: ISSUER, iat: NOW, exp: NOW + 60, jti: String((count += 1)) };
    const form = new URLSearchParams({
      client_assertion_type: JWT_BEARER_CLIENT_ASSERTION,
      client_assertion: signTestToken(key, claims, { typ: 'JWT', kid: undefined }),
    });
    const answer = authentication.authenticate({ authorization: undefined, form: parseForm(form.toString()) });
    const refused = (error: unknown): string => {
      if (!(error instanceof OAuthError)) throw error;
      return `${error.code}: ${error.description}`;
    };
    return answer.then(({ client }) => client.clientId, refused);
  };
  return { authenticate, tried };
}

const REFUSED = 'invalid_client: Client authentication failed';

describe('by an assertion, an id that nobody has costs what one that somebody has does (C7)', () => {
  it.each([
    ['that nobody has', nobodies],
    ['of clients that may not authenticate so', ['c-any', 'c-none', 'c-secret', 'c-es384']],
  ])('%s: the keys of somebody are tried, the same each time, and authenticate nobody', async (_name, ids) => {
    const { authenticate, tried } = keyWorld(store);
    // signed with the key of somebody, which may well be the one that is tried
    for (const key of [pkKey, anyKey, rsaKey]) {
      const from = tried.length;
      for (const id of [...ids, ...ids]) expect(await authenticate(id, key)).toBe(REFUSED);
      const middle = from + ids.length;
      expect(tried.slice(from, middle)).toEqual(tried.slice(middle));
    }
    expect(tried.flat()).toEqual(expect.arrayContaining(['c-rsa']));
  });

  it('as many signatures are verified as for a client whose key it is not', async () => {
    const only = new Map([...clients].filter(([id]) => ['c-any', 'c-pk', 'c-none'].includes(id)));
    const { authenticate, tried } = keyWorld(createJsonClientStore({ current: () => only }));
    for (const id of ['c-pk', 'nobody', 'c-any', 'c-none']) expect(await authenticate(id, anyKey)).toBe(REFUSED);
    expect(tried).toEqual([['c-pk'], ['c-pk'], ['c-pk'], ['c-pk']]);
    expect(await authenticate('c-pk', pkKey)).toBe('c-pk');
  });

  it('nothing is fetched for somebody that nobody knows', async () => {
    const records = [
      { clientId: 'c-uri', tokenEndpointAuthMethod: 'private_key_jwt', jwksUri: 'https://partner.example.com/jwks' },
      { clientId: 'c-secret', clientSecret: 's' },
    ];
    const ofPartner = parseClients(JSON.stringify(records));
    const remote = { findClient: (id: string) => Promise.resolve(ofPartner.get(id)) };
    const cached = withClientCache(remote, { seconds: 30, missingSeconds: 5, staleSeconds: 0 });
    for (const clientStore of [createJsonClientStore({ current: () => ofPartner }), cached]) {
      const { authenticate } = keyWorld(clientStore);
      // its server is away: whose keys would be fetched is told that they cannot be had
      await expect(authenticate('c-uri', anyKey)).rejects.toThrow(UpstreamError);
      for (const id of ['nobody', 'c-secret']) expect(await authenticate(id, anyKey)).toBe(REFUSED);
    }
  });

  it('over a remote store, as soon as it has found keys once', async () => {
    const remote = { findClient: (id: string) => Promise.resolve(clients.get(id)) };
    const cached = withClientCache(remote, { seconds: 30, missingSeconds: 5, staleSeconds: 0 });
    const { authenticate, tried } = keyWorld(cached);
    for (const id of ['nobody', 'c-any', 'c-pk', 'nobody', 'c-any']) await authenticate(id, anyKey);
    expect(tried).toEqual([[], [], ['c-pk'], ['c-pk'], ['c-pk']]);
  });
});
