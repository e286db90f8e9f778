import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type IssuerStandIn, JWKS_PATH, TEST_START, createTestKey, signTestToken, startIssuer } from '@mandate/testing';
import { type ValidationWorld, startValidationWorld } from './validation-world.js';

const key = createTestKey('ES256');
let issuer: IssuerStandIn;
let world: ValidationWorld;
beforeEach(async () => {
  issuer = await startIssuer(key.publicJwk);
  world = await startValidationWorld({ ISSUER_JWK_STORE: 'json,openid', ISSUER_JWK_OPENID_URL: issuer.issuer });
});
afterEach(async () => {
  await world.stop();
  await issuer.close();
});

const tokenOf = (signedBy = key): string =>
  signTestToken(signedBy, { iss: issuer.issuer, sub: 'alice', exp: TEST_START + 4000 });

describe('an issuer by OpenID discovery', () => {
  it('is trusted with the keys it publishes, over the real outbound client', async () => {
    expect((await world.introspect({ token: tokenOf() })).body).toMatchObject({ active: true, iss: issuer.issuer });
  });

  it('K3 is 503 with Retry-After while it is down and cold, others are served, and readiness is degraded', async () => {
    issuer.answer(JWKS_PATH, (_request, response) => response.writeHead(500).end());
    const answer = await world.introspect({ token: tokenOf() });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.body).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'The service is temporarily unavailable',
    });
    expect((await world.introspect({ token: world.token() })).body).toMatchObject({ active: true });
    const ready = await fetch(`${world.managementUrl}/readyz?verbose`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: 'degraded',
      parts: { 'trusted-issuers': { degraded: true, detail: `keys not fetched of ${issuer.issuer}: status` } },
    });
    const metrics = await world.metricsText();
    expect(metrics).toContain('issuer_key_refreshes_total{outcome="failure"} 1');
  });

  it('K3 serves known keys while it is down, and says 503 to unknown ones', async () => {
    await world.introspect({ token: tokenOf() });
    issuer.answer(JWKS_PATH, (_request, response) => response.socket?.destroy());
    world.clock.advance(3600);
    expect((await world.introspect({ token: tokenOf() })).body).toMatchObject({ active: true });
    expect((await world.introspect({ token: tokenOf(createTestKey('ES256')) })).status).toBe(503);
  });

  it('JW-18 K4 is refused when it names keys at another origin without https or at a private address', async () => {
    const elsewhere = await startIssuer(key.publicJwk);
    issuer.discover({ jwks_uri: elsewhere.jwksUri });
    expect((await world.introspect({ token: tokenOf() })).status).toBe(503);
    issuer.discover({ jwks_uri: elsewhere.jwksUri.replace('http:', 'https:') });
    world.clock.advance(6);
    expect((await world.introspect({ token: tokenOf() })).status).toBe(503);
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  it('T22 counts and logs a weak key, and uses the rest', async () => {
    const weak = createTestKey('RS256', { kid: '2TmYdkZTTJyJ1LwDCzN8pX6bSZ0hYkbXo0s6bQe7Yd4', rsaBits: 1024 });
    issuer.publish([weak.publicJwk, key.publicJwk]);
    expect((await world.introspect({ token: tokenOf() })).body).toMatchObject({ active: true });
    const metrics = await world.metricsText();
    expect(metrics).toContain('issuer_keys_refused_total{reason="rsa_modulus"} 1');
    const lines = world.logLines.map((line) => JSON.parse(line) as unknown);
    const logLine = { msg: 'issuer key refused', issuer: issuer.issuer, kid: weak.kid, reason: 'rsa_modulus' };
    expect(lines).toContainEqual(expect.objectContaining(logLine));
  });
});
