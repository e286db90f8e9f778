import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CryptoKey, createRemoteJWKSet, importJWK, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from './post-form.js';
import { CLIENT_KEY, IMAGES, RESOURCE, SECRET, startStandalone, startTrio, type World } from './worlds.js';

/** A client by discovery of RFC 8414 metadata, which is all the configuration it gets. */
function discover(url: string, clientId: string, method = openid.ClientSecretBasic(SECRET)) {
  return openid.discovery(new URL(url), clientId, SECRET, method, {
    algorithm: 'oauth2',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; this is loopback
    execute: [openid.allowInsecureRequests],
  });
}

const worlds: [string, () => Promise<World>][] = [
  ['the three services', startTrio],
  ['the standalone', startStandalone],
];

describe.each(worlds)('openid-client drives %s unmodified', (_name, start) => {
  let world: World;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(() => world.stop());

  const tokenOf = async (clientId: string, method?: openid.ClientAuth) =>
    (await openid.clientCredentialsGrant(await discover(world.authentication, clientId, method))).access_token;

  it.each([
    ['client_secret_basic', openid.ClientSecretBasic(SECRET)],
    ['client_secret_post', openid.ClientSecretPost(SECRET)],
  ])('RFC 6749 4.4 gets a token by %s and asks for fewer scopes', async (_method, method) => {
    const client = await discover(world.authentication, 'alice', method);
    const token = await openid.clientCredentialsGrant(client, { scope: 'write' });
    expect(token.scope).toBe('write');
    expect(token.expiresIn()).toBeGreaterThan(3590);
  });

  it('RFC 7523 gets a token by private_key_jwt, and introspects it by the same', async () => {
    const key = (await importJWK(CLIENT_KEY.privateJwk, 'ES256')) as CryptoKey;
    const method = openid.PrivateKeyJwt({ key, kid: CLIENT_KEY.kid });
    const token = await openid.clientCredentialsGrant(await discover(world.authentication, 'carol', method));
    expect(token.scope).toBe('read exchange introspect');
    const client = await discover(world.tokenValidation, 'carol', method);
    expect(await openid.tokenIntrospection(client, token.access_token)).toMatchObject({ client_id: 'carol' });
  });

  it('RFC 8693 exchanges, verifies the result by the published keys, and introspects it', async () => {
    const client = await discover(world.tokenExchange, 'bob');
    const tokens = await openid.genericGrantRequest(client, TOKEN_EXCHANGE, {
      subject_token: await tokenOf('alice'),
      subject_token_type: ACCESS_TOKEN,
      actor_token: await tokenOf('bob', openid.ClientSecretPost(SECRET)),
      actor_token_type: ACCESS_TOKEN,
      resource: RESOURCE,
    });
    expect(tokens).toMatchObject({ issued_token_type: ACCESS_TOKEN, scope: 'read write' });

    const keys = createRemoteJWKSet(new URL(client.serverMetadata().jwks_uri ?? ''));
    const options = { issuer: world.tokenExchange, audience: IMAGES, typ: 'at+jwt' };
    const { payload } = await jwtVerify(tokens.access_token, keys, options);
    expect(payload).toMatchObject({ sub: 'alice', client_id: 'bob', act: { sub: 'bob' } });

    const answer = await openid.tokenIntrospection(await discover(world.tokenValidation, 'bob'), tokens.access_token);
    expect(answer).toMatchObject({ active: true, sub: 'alice', act: { sub: 'bob' }, jti: payload.jti });
    const garbage = await openid.tokenIntrospection(await discover(world.tokenValidation, 'bob'), 'garbage');
    expect(garbage).toEqual({ active: false });
  });

  it('RFC 8693 2.2.2 reads a refused scope as an OAuth error', async () => {
    const client = await discover(world.tokenExchange, 'bob');
    const exchange = openid.genericGrantRequest(client, TOKEN_EXCHANGE, {
      subject_token: await tokenOf('alice'),
      subject_token_type: ACCESS_TOKEN,
      actor_token: await tokenOf('bob'),
      actor_token_type: ACCESS_TOKEN,
      resource: RESOURCE,
      scope: 'admin',
    });
    await expect(exchange).rejects.toMatchObject({ error: 'invalid_scope', status: 400 });
  });
});
