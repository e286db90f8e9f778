import { afterEach, describe, expect, it } from '@jest/globals';
import { createTestKey } from '@mandate/testing';
import * as oauth from 'oauth4webapi';
import { type Authentication, ISSUER, checkAgainstOpenApi, startAuthentication } from './start-authentication.js';

let service: Authentication;
afterEach(() => service.stop());

const get = async (path: string) => {
  const response = await fetch(service.publicUrl + path);
  const body = (await response.json()) as Record<string, unknown>;
  if (!path.endsWith('/realms/a')) checkAgainstOpenApi(`GET ${path}`, response, body);
  return { response, body };
};

describe('authorization server metadata', () => {
  it('RFC 8414 2 names the endpoints, grants and methods', async () => {
    service = await startAuthentication();
    const { response, body } = await get('/.well-known/oauth-authorization-server');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(body).toEqual({
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/oauth2/token`,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      response_types_supported: ['none'],
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: [
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
        'Ed25519',
      ],
    });
  });

  it('RFC 8414 2 names the scopes that SCOPES_SUPPORTED lists', async () => {
    service = await startAuthentication({ SCOPES_SUPPORTED: 'read, write' });
    const { body } = await get('/.well-known/oauth-authorization-server');
    expect(body['scopes_supported']).toEqual(['read', 'write']);
  });

  it('is refused at start with SCOPES_SUPPORTED that are no list of scopes', async () => {
    service = await startAuthentication();
    await expect(startAuthentication({ SCOPES_SUPPORTED: 'read write' })).rejects.toThrow(/SCOPES_SUPPORTED/);
  });

  it('RFC 8414 3.1 stands between host and path of an issuer with a path', async () => {
    service = await startAuthentication({ TOKEN_ISSUER: 'https://as.example.com/realms/a' });
    const { body } = await get('/.well-known/oauth-authorization-server/realms/a');
    expect(body['issuer']).toBe('https://as.example.com/realms/a');
  });
});

describe('the key set', () => {
  it.each(['RS256', 'PS512', 'ES384', 'EdDSA'])('JW-23 K7 has public members only for %s', async (alg) => {
    service = await startAuthentication({}, { key: createTestKey(alg) });
    const { response, body } = await get('/.well-known/jwks.json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const [key] = body['keys'] as Record<string, unknown>[];
    expect(key).toMatchObject({ kid: service.key.kid, use: 'sig' });
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) expect(key).not.toHaveProperty(member);
  });

  it('JW-23 is empty for an HMAC key, which still signs', async () => {
    service = await startAuthentication({}, { key: createTestKey('HS256') });
    expect((await get('/.well-known/jwks.json')).body).toEqual({ keys: [] });
    const { body } = await service.post('grant_type=client_credentials', { basic: 'c-basic:secret' });
    expect(oauthHeader(body['access_token'])).toMatchObject({ alg: 'HS256' });
  });

  it('IMS: comes from a JWK with kty in any case and unknown members', async () => {
    const key = createTestKey('RS256');
    const ims = { ...key, privateJwk: { ...key.privateJwk, kty: 'rsa', factors: [] } } as unknown as typeof key;
    service = await startAuthentication({}, { key: ims });
    const { status } = await service.post('grant_type=client_credentials', { basic: 'c-basic:secret' });
    expect(status).toBe(200);
  });
});

describe('an independent client', () => {
  it('oauth4webapi discovers the server and gets a token unmodified', async () => {
    const issuer = 'http://localhost:18080';
    service = await startAuthentication({ TOKEN_ISSUER: issuer });
    // The issuer names the port of a deployment; the test runs on a free one.
    const options = {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; this is loopback
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: (url: string, init: object) => fetch(url.replace(issuer, service.publicUrl), init),
    };
    const response = await oauth.discoveryRequest(new URL(issuer), { ...options, algorithm: 'oauth2' });
    const server = await oauth.processDiscoveryResponse(new URL(issuer), response);
    for (const [clientId, authentication] of [
      ['c-basic', oauth.ClientSecretBasic('secret')],
      ['c-post', oauth.ClientSecretPost('secret')],
    ] as const) {
      const client = { client_id: clientId };
      const parameters = { scope: 'read' };
      const response = oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, options);
      const token = await oauth.processClientCredentialsResponse(server, client, await response);
      expect(token).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'read' });
    }
  });
});

function oauthHeader(token: unknown): unknown {
  return JSON.parse(Buffer.from(String(token).split('.')[0] ?? '', 'base64url').toString());
}
