import { afterAll, describe, expect, it } from '@jest/globals';
import { type Provider, type Uses, providers, startProviderWorld } from './provider-world.js';

const USES: Record<Provider['tokens'][number]['kind'], Uses> = {
  access: { asAccessToken: 200, asIdToken: 400, isActive: true, isActiveAsIdToken: true },
  id: { asAccessToken: 400, asIdToken: 200, isActive: false, isActiveAsIdToken: true },
};

const world = await startProviderWorld();
const accessOnly = await startProviderWorld({ tokens: 'access' });
afterAll(() => Promise.all([world.close(), accessOnly.close()]));

/** A token of Keycloak's issuer that says nothing of what it is, but for these claims. */
const silent = (claims: object): Provider['tokens'][number] => ({
  name: 'a token',
  kind: 'access',
  header: {},
  claims: { iss: 'https://keycloak.example.com/realms/demo', sub: 'abe', exp: 1_800_003_590, ...claims },
});

describe.each(providers)('tokens of $provider', ({ tokens }) => {
  it.each(tokens)('$name is taken for what it is in all four uses', async (token) => {
    expect(await world.usesOf(world.sign(token))).toEqual(USES[token.kind]);
  });
});

describe('tokens that do not say what they are', () => {
  it('azp within aud and nothing else is an ID token, unless the record says tokens: access', async () => {
    for (const aud of ['app', ['api', 'app']]) {
      const token = silent({ azp: 'app', aud });
      expect(await world.usesOf(world.sign(token))).toEqual(USES.id);
      expect(await accessOnly.usesOf(accessOnly.sign(token))).toEqual(USES.access);
    }
  });

  it('azp outside of aud is an access token (OpenID Connect Core section 2)', async () => {
    for (const aud of ['api', ['api', 'other'], undefined]) {
      expect(await world.usesOf(world.sign(silent({ azp: 'app', aud })))).toEqual(USES.access);
    }
  });

  it('tokens: access makes no access token of one that says it is an ID token', async () => {
    const idTokens = providers.flatMap(({ tokens }) =>
      tokens.filter(({ kind, claims }) => kind === 'id' && claims['nonce']),
    );
    expect(idTokens.length).toBeGreaterThan(6);
    for (const token of idTokens) expect(await accessOnly.usesOf(accessOnly.sign(token))).toEqual(USES.id);
  });

  it('an opaque access token, as of Google, is for nobody here', async () => {
    const nowhere = { asAccessToken: 400, asIdToken: 400, isActive: false, isActiveAsIdToken: false };
    expect(await world.usesOf('ya29.a0AfH6SMBx-opaque')).toEqual(nowhere);
  });
});
