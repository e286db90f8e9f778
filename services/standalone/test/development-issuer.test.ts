import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { createDevelopmentIssuer, type DevelopmentIssuer } from '../src/development-issuer.js';

const NOW = 1_800_000_000;
const options = { url: 'http://127.0.0.1:8080', keysDirectory: testDirectory(), clock: () => NOW };

let issuer: DevelopmentIssuer;
let running: LoopbackService;
beforeAll(async () => {
  issuer = await createDevelopmentIssuer({ ...options, environment: undefined });
  running = await startOnLoopback(() => [issuer.service]);
});
afterAll(() => running.stop());

async function ask(form: Record<string, string> | [string, string][]) {
  const body = new URLSearchParams(form);
  const response = await fetch(`${running.publicUrl}/development/token`, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the development issuer', () => {
  it('issues a token for any name, which its published key verifies', async () => {
    const { status, body } = await ask({ sub: 'alice', may_act: 'bob', scope: 'read' });
    expect([status, body['token_type'], body['expires_in']]).toEqual([200, 'Bearer', 3600]);
    const jwk = JSON.parse(Buffer.from(issuer.publicJwkBase64, 'base64').toString()) as Record<string, unknown>;
    expect(jwk).not.toHaveProperty('d');
    const { payload } = await jwtVerify(String(body['access_token']), createLocalJWKSet({ keys: [jwk as never] }), {
      issuer: issuer.issuer,
      audience: 'photo-app',
      typ: 'at+jwt',
      currentDate: new Date(NOW * 1000),
    });
    expect(payload).toMatchObject({ sub: 'alice', may_act: { sub: 'bob' }, client_id: 'photo-app', scope: 'read' });
    expect(payload.exp).toBe(NOW + 3600);
  });

  it('needs a name, and no mandate for oneself', async () => {
    expect((await ask({})).status).toBe(400);
    expect((await ask({ sub: 'alice', may_act: 'alice' })).status).toBe(400);
  });

  it('takes any other claim: text, or a list where it is repeated', async () => {
    const { body } = await ask([
      ['sub', 'alice'],
      ['tenant', 'blue'],
      ['role', 'member'],
      ['role', 'help-desk'],
    ]);
    const claims = decodeJwt(String(body['access_token']));
    expect(claims).toMatchObject({ sub: 'alice', tenant: 'blue', role: ['member', 'help-desk'], aud: 'photo-app' });
  });

  it.each(['iss', 'aud', 'exp', 'iat', 'jti', 'act', 'anc', 'scp', 'cnf', '__proto__'])(
    'takes no %s, which it sets itself or not at all',
    async (claim) => {
      const { status, body } = await ask([
        ['sub', 'alice'],
        [claim, 'x'],
      ]);
      expect([status, body['error_description']]).toEqual([400, `The issuer sets ${claim} itself`]);
    },
  );

  it('never runs in production', async () => {
    const attempt = createDevelopmentIssuer({ ...options, environment: 'production' });
    await expect(attempt).rejects.toMatchObject({ issues: [{ variable: 'NODE_ENV' }] });
  });
});
