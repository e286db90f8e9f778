import { describe, expect, it } from '@jest/globals';
import { GATEWAY, OTHER, OWN, basic, credentialsOf, issuedClaims, startExchangeWorld } from './exchange-world.js';
import { rules } from './refusal-world.js';

const world = await startExchangeWorld(rules);

describe('who may call', () => {
  it('TX-03 401 invalid_client: wrong client credentials', async () => {
    const answer = await world.exchange({}, { authorization: basic('gateway', 'wrong') });
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('401 with a bare challenge without credentials (RFC 6750 section 3.1)', async () => {
    const answer = await world.exchange({}, { authorization: '' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('TX-63 403 insufficient_scope: a client or a token without the scope', async () => {
    const client = await world.exchange({}, credentialsOf('unscoped'));
    expect(client).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    const bearer = await world.exchange({}, { authorization: `Bearer ${world.token()}` });
    expect(bearer).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    expect(bearer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  });

  it('lets explain only to callers with its own scope', async () => {
    expect((await world.exchange({}, OTHER)).status).toBe(200);
    expect((await world.explain({}, OTHER)).status).toBe(403);
  });

  it('takes a bearer token with the scope, and the client it names for the caller (IMS)', async () => {
    const bearer = world.token({ iss: OWN, sub: 'service', client_id: 'gateway', scope: 'exchange' });
    const answer = await world.exchange({}, { authorization: `Bearer ${bearer}` });
    expect(issuedClaims(answer)['client_id']).toBe('gateway');
  });

  it('401 invalid_token: a bearer token that is not valid', async () => {
    const answer = await world.exchange({}, { authorization: 'Bearer nonsense' });
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('never takes both at once', async () => {
    const form = { client_id: 'gateway', client_secret: 'gateway-secret' };
    const bearer = world.token({ scope: 'exchange' });
    expect((await world.exchange(form, { authorization: `Bearer ${bearer}` })).status).toBe(400);
    expect((await world.exchange(form, GATEWAY)).status).toBe(400);
    expect((await world.exchange(form, { authorization: '' })).status).toBe(200);
  });
});

describe('rate limits of callers', () => {
  it('C9 C11 H9 beyond them neither exchange nor explanation is decided, and no header changes that', async () => {
    const other = await startExchangeWorld(rules, { RATE_LIMIT_CLIENT: '2/60' });
    expect([(await other.exchange()).status, (await other.explain()).status]).toEqual([200, 200]);
    const headers = { 'X-Client-Cert': 'MIIB', 'X-Forwarded-For': '192.0.2.9', Origin: 'https://evil.example' };
    for (const path of ['exchange', 'explain'] as const) {
      const answer = await other[path]({}, headers);
      expect(answer).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('30');
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(other.events()).toHaveLength(2);
  });
});
