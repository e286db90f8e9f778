import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CryptoKey, importJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from './post-form.js';
import { CLIENT_KEY, IMAGES, RESOURCE, SECRET, startStandalone, startTrio, type World } from './worlds.js';

// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; this is loopback
const loopback = { [oauth.allowInsecureRequests]: true };
const alice = { client_id: 'alice' };
const bob = { client_id: 'bob' };

async function discover(url: string): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(url);
  const response = await oauth.discoveryRequest(issuer, { ...loopback, algorithm: 'oauth2' });
  return oauth.processDiscoveryResponse(issuer, response);
}

async function clientToken(
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  authentication: oauth.ClientAuth,
): Promise<oauth.TokenEndpointResponse> {
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, {}, loopback);
  return oauth.processClientCredentialsResponse(server, client, response);
}

/** RFC 9068 section 4, by the library: signature by the published keys, typ, issuer, audience, times, members. */
function validate(server: oauth.AuthorizationServer, token: string, audience: string) {
  const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(server, request, audience, loopback);
}

const worlds: [string, () => Promise<World>][] = [
  ['the three services', startTrio],
  ['the standalone', startStandalone],
];

describe.each(worlds)('oauth4webapi drives %s unmodified', (_name, start) => {
  let world: World;
  let authentication: oauth.AuthorizationServer;
  let exchange: oauth.AuthorizationServer;
  let validation: oauth.AuthorizationServer;
  const basic = oauth.ClientSecretBasic(SECRET);

  beforeAll(async () => {
    world = await start();
    authentication = await discover(world.authentication);
    exchange = await discover(world.tokenExchange);
    validation = await discover(world.tokenValidation);
  });
  afterAll(() => world.stop());

  it('RFC 8414 discovers each by its issuer', () => {
    expect(authentication.grant_types_supported).toContain('client_credentials');
    expect(exchange.grant_types_supported).toContain(TOKEN_EXCHANGE);
    expect(validation.introspection_endpoint).toBe(`${world.tokenValidation}/oauth2/introspect`);
  });

  it.each([
    ['client_secret_basic', oauth.ClientSecretBasic(SECRET)],
    ['client_secret_post', oauth.ClientSecretPost(SECRET)],
  ])('RFC 6749 4.4 gets a token by %s, which is an access token of RFC 9068', async (_method, method) => {
    const token = await clientToken(authentication, alice, method);
    expect(token).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'read write' });
    const claims = await validate(authentication, token.access_token, 'bob');
    expect(claims).toMatchObject({ sub: 'alice', client_id: 'alice', scope: 'read write' });
  });

  it('RFC 7523 authenticates by private_key_jwt wherever a client does', async () => {
    const carol = { client_id: 'carol' };
    const key = await importJWK(CLIENT_KEY.privateJwk, 'ES256');
    const method = oauth.PrivateKeyJwt({ key: key as CryptoKey, kid: CLIENT_KEY.kid });
    const token = await clientToken(authentication, carol, method);
    expect(token).toMatchObject({ token_type: 'bearer', scope: 'read exchange introspect' });

    const introspection = await oauth.introspectionRequest(validation, carol, method, token.access_token, loopback);
    expect(await oauth.processIntrospectionResponse(validation, carol, introspection)).toMatchObject({
      client_id: 'carol',
    });
    const subject = await clientToken(authentication, alice, basic);
    const parameters = { subject_token: subject.access_token, subject_token_type: ACCESS_TOKEN, resource: RESOURCE };
    const response = await oauth.genericTokenEndpointRequest(
      exchange,
      carol,
      method,
      TOKEN_EXCHANGE,
      parameters,
      loopback,
    );
    const result = oauth.processGenericTokenEndpointResponse(exchange, carol, response);
    // authenticated, and then refused: Alice's token is for others
    await expect(result).rejects.toMatchObject({ status: 400 });
  });

  it('RFC 8693 exchanges, and the result is an access token of RFC 9068 that names the actor', async () => {
    const subject = await clientToken(authentication, alice, basic);
    const actor = await clientToken(authentication, bob, basic);
    const parameters = {
      subject_token: subject.access_token,
      subject_token_type: ACCESS_TOKEN,
      actor_token: actor.access_token,
      actor_token_type: ACCESS_TOKEN,
      resource: RESOURCE,
      scope: 'read',
    };
    const response = await oauth.genericTokenEndpointRequest(
      exchange,
      bob,
      basic,
      TOKEN_EXCHANGE,
      parameters,
      loopback,
    );
    const tokens = await oauth.processGenericTokenEndpointResponse(exchange, bob, response);
    expect(tokens).toMatchObject({
      issued_token_type: ACCESS_TOKEN,
      token_type: 'bearer',
      scope: 'read',
      expires_in: 120,
    });
    const claims = await validate(exchange, tokens.access_token, IMAGES);
    expect(claims).toMatchObject({ sub: 'alice', client_id: 'bob', scope: 'read', act: { sub: 'bob' } });

    const introspection = await oauth.introspectionRequest(validation, bob, basic, tokens.access_token, loopback);
    const answer = await oauth.processIntrospectionResponse(validation, bob, introspection);
    expect(answer).toMatchObject({ active: true, sub: 'alice', aud: IMAGES, act: { sub: 'bob' } });

    const options = { ...loopback, requestJwtResponse: true };
    const signedResponse = await oauth.introspectionRequest(validation, bob, basic, tokens.access_token, options);
    const signedAnswer = await oauth.processIntrospectionResponse(validation, bob, signedResponse);
    expect(signedAnswer).toMatchObject({ active: true, sub: 'alice' });
    await oauth.validateApplicationLevelSignature(validation, signedResponse, loopback);
  });

  it('RFC 8693 2.2.2 reads a refusal as an OAuth error', async () => {
    const mallory = { client_id: 'mallory' };
    const subject = await clientToken(authentication, alice, basic);
    const actor = await clientToken(authentication, mallory, basic);
    const parameters = {
      subject_token: subject.access_token,
      subject_token_type: ACCESS_TOKEN,
      actor_token: actor.access_token,
      actor_token_type: ACCESS_TOKEN,
      resource: RESOURCE,
    };
    const response = oauth.genericTokenEndpointRequest(exchange, mallory, basic, TOKEN_EXCHANGE, parameters, loopback);
    const result = oauth.processGenericTokenEndpointResponse(exchange, mallory, await response);
    await expect(result).rejects.toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('RFC 6749 5.2 reads a wrong secret as a challenge', async () => {
    const attempt = clientToken(authentication, alice, oauth.ClientSecretBasic('wrong'));
    await expect(attempt).rejects.toMatchObject({ cause: [{ scheme: 'basic', parameters: { realm: 'mandate' } }] });
  });
});
