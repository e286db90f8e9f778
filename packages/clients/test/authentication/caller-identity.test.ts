import { describe, expect, it } from '@jest/globals';
import { createCallerAuthentication, isIssuedTo } from '@mandate/clients';
import { basic, call, clients, good, namer, refusal, verifier } from './caller-world.js';

describe('what a bearer token is for', () => {
  const audience = ['https://as', 'https://as/oauth2/token'];
  const withAudience = createCallerAuthentication({ clientIssuer: 'https://as', verifier, audience });

  it('is this service by one of its names, or the client alone (RFC 8725 section 3.9)', async () => {
    for (const token of ['us-and-api', 'client-alone']) {
      expect(await call(`Bearer ${token}`, '', withAudience)).toMatchObject({ clientId: 'app' });
    }
  });

  it('is otherwise another API, which must not act as the client here: 401 saying so', async () => {
    for (const token of ['good', 'client-and-api']) {
      expect(await refusal(`Bearer ${token}`, '', withAudience)).toEqual([
        401,
        'invalid_token',
        'Bearer error="invalid_token"',
      ]);
      await expect(call(`Bearer ${token}`, '', withAudience)).rejects.toMatchObject({ detail: 'wrong_audience' });
    }
  });

  it('is for the record of a foreign issuer to say', async () => {
    expect(await call('Bearer foreign-api', '', withAudience)).toMatchObject({ clientId: 'app', own: false });
  });
});

describe('the identity of a caller', () => {
  it('is the same however it proved itself, and whichever service of ours issued to it', async () => {
    const callers = createCallerAuthentication({ clientIssuer: 'https://names-clients', verifier: namer, clients });
    const [byBasic, byBearer] = [basic('rs:secret'), 'Bearer own-rs'];
    const identities = await Promise.all(
      [byBasic, byBearer].map(async (authorization) => {
        const { issuer, clientId, own } = await call(authorization, '', callers);
        return { issuer, clientId, own };
      }),
    );
    const rs = { issuer: 'https://names-clients', clientId: 'rs', own: true };
    expect(identities).toEqual([rs, rs]);
  });

  it('is what a token was issued to: the pair, not the id', async () => {
    const app = await call('Bearer good');
    const foreign = await call('Bearer foreign-api');
    expect(isIssuedTo(good, app)).toBe(true);
    expect(isIssuedTo({ ...good, clientId: 'rs' }, app)).toBe(false);
    expect(isIssuedTo({ ...good, issuer: 'https://elsewhere', trust: { ...good.trust, own: false } }, app)).toBe(false);
    expect(isIssuedTo({ ...good, claims: { client_iss: 'https://elsewhere' } }, app)).toBe(false);
    expect(isIssuedTo({ ...good, clientId: undefined }, app)).toBe(false);
    expect(isIssuedTo({ ...good, trust: { ...good.trust, own: false } }, foreign)).toBe(true);
  });
});
