import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { TEST_START, createTestKey, signTestToken } from '@mandate/testing';
import { OWN, type ValidationWorld, startValidationWorld } from './validation-world.js';

let world: ValidationWorld;
beforeAll(async () => void (world = await startValidationWorld()));
afterAll(() => world.stop());

const JWT = 'application/token-introspection+jwt';

describe('IN-16 Accept: application/token-introspection+jwt (RFC 9701)', () => {
  const verify = async (text: string): ReturnType<typeof jwtVerify> => {
    const { body } = await world.send('/.well-known/jwks.json', { method: 'GET' });
    const keys = createLocalJWKSet(body as unknown as Parameters<typeof createLocalJWKSet>[0]);
    return jwtVerify(text, keys, { currentDate: new Date(TEST_START * 1000) });
  };

  it('answers with a JWT for the caller that verifies with the published keys', async () => {
    const token = world.token();
    const { status, headers, text } = await world.introspect({ token }, { accept: JWT });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/token-introspection\+jwt/);
    expect(headers.get('vary')).toBe('Accept');
    const { payload, protectedHeader } = await verify(text);
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: world.keys.own.kid, typ: 'token-introspection+jwt' });
    const answer = (await world.introspect({ token })).body;
    expect(payload).toEqual({ iss: OWN, aud: 'rs', iat: TEST_START, token_introspection: answer });
  });

  it('answers an inactive token as a JWT too, without sub or exp (RFC 9701 section 5)', async () => {
    const { text } = await world.introspect({ token: 'x' }, { accept: JWT });
    const { payload } = await verify(text);
    expect(payload).toEqual({ iss: OWN, aud: 'rs', iat: TEST_START, token_introspection: { active: false } });
  });

  it('T17 finds its own answer inactive when that is introspected', async () => {
    const { text } = await world.introspect({ token: world.token() }, { accept: JWT });
    expect((await world.introspect({ token: text })).body).toEqual({ active: false });
  });

  it.each([`application/json;q=0.5, ${JWT}`, `${JWT};q=0.9`, JWT.toUpperCase()])(
    'reads Accept %j as wanting it',
    async (accept) => {
      const { headers } = await world.introspect({ token: 'x' }, { accept });
      expect(headers.get('content-type')).toContain(JWT);
    },
  );

  it.each([
    '*/*',
    'application/*',
    'application/json',
    `${JWT};q=0, application/json`,
    `${JWT};q=0.000`,
    'application/jwt',
  ])('answers Accept %j with JSON', async (accept) => {
    const { headers } = await world.introspect({ token: 'x' }, { accept });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('answers errors with JSON all the same', async () => {
    const answer = await world.introspect({}, { accept: JWT });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  it.each([
    ['no signing key', {}],
    [
      'an HMAC key, which nobody could verify',
      { TOKEN_SIGNATURE_JWK_BASE64: Buffer.from(JSON.stringify(createTestKey('HS256').privateJwk)).toString('base64') },
    ],
  ])('answers JSON with %s', async (_kind, env) => {
    const plain = await startValidationWorld({ TOKEN_SIGNATURE_JWKS_FILE: '', ...env });
    const token = plain.token({ iss: 'https://users.example.com' });
    const { headers, body } = await plain.introspect({ token }, { accept: JWT });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toMatchObject({ active: true });
    await plain.stop();
  });
});

describe('JW-23 the published keys', () => {
  it('have public members only and may be cached', async () => {
    const { headers, body } = await world.send('/.well-known/jwks.json', { method: 'GET' });
    expect(body).toEqual({ keys: [world.keys.own.publicJwk] });
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });

  it('are named in the metadata (RFC 8414 section 2, RFC 9701 section 7)', async () => {
    const { body } = await world.send('/.well-known/oauth-authorization-server', { method: 'GET' });
    expect(body).toMatchObject({
      issuer: OWN,
      introspection_endpoint: `${OWN}/oauth2/introspect`,
      jwks_uri: `${OWN}/.well-known/jwks.json`,
      introspection_signing_alg_values_supported: ['ES256'],
    });
  });
});

describe('keys of issuers by IMS variables', () => {
  it('verify with ISSUER_JWK_JSON_ISSUER_URI and ISSUER_JWK_JSON_JWK_BASE64', async () => {
    const ims = createTestKey('HS256');
    const env = {
      ISSUER_JWK_JSON_ISSUER_URI: 'https://ims.example.com',
      ISSUER_JWK_JSON_JWK_BASE64: Buffer.from(JSON.stringify({ ...ims.privateJwk, kty: 'OCT' })).toString('base64'),
    };
    const imsWorld = await startValidationWorld(env);
    const claims = {
      iss: 'https://ims.example.com',
      sub: 'a',
      exp: TEST_START + 60,
      scope: ['introspect'],
      client_id: 'c',
    };
    const authorization = `Bearer ${signTestToken(ims, claims, { typ: 'JWT' })}`;
    expect((await imsWorld.introspect({ token: imsWorld.token() }, { authorization })).body).toMatchObject({
      active: true,
    });
    await imsWorld.stop();
  });
});
