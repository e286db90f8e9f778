import { beforeAll, expect, it } from '@jest/globals';
import { fetchHttpClient } from '@mandate/testing';
import { createOpenidIssuerKeys, createTokenVerifier, openidIssuerRecord, type TokenVerifier } from '@mandate/token';
import { realUrl, withOpenam } from './openam-world.js';

const clock = (): number => Math.floor(Date.now() / 1000);
const STATELESS = '/realms/root/realms/stateless';

/** Tokens by the resource owner password grant. */
async function tokensOf(client: string, realm: string, scope: string): Promise<Record<string, string>> {
  const form = { grant_type: 'password', username: 'alice', password: 'Alice-pass-1', scope };
  const authorization = `Basic ${Buffer.from(`${client}:${client}-secret`).toString('base64')}`;
  const init = { method: 'POST', body: new URLSearchParams(form), headers: { authorization } };
  return (await (await fetch(`${realUrl}/oauth2${realm}/access_token`, init)).json()) as Record<string, string>;
}

withOpenam('tokens of a real AM, verified with its published keys', () => {
  let verifier: TokenVerifier;
  beforeAll(() => {
    const issuers = [`${realUrl}/oauth2`, `${realUrl}/oauth2${STATELESS}`].map((url) => openidIssuerRecord(url));
    const http = fetchHttpClient({ timeoutMs: 5_000 });
    verifier = createTokenVerifier({ issuers: createOpenidIssuerKeys({ issuers, http, clock }), clock });
  });

  it('a JWT access token, whose aud is its client and whose expires_in is in milliseconds', async () => {
    const { access_token: token = '' } = await tokensOf('client1', STATELESS, 'read');
    expect(await verifier.verify(token)).toMatchObject({
      ok: true,
      token: { kind: 'access_token', subject: 'alice', audience: ['client1'], scopes: ['read'], clientId: undefined },
    });
  });

  it('an ID token by RS256', async () => {
    const { id_token: token = '' } = await tokensOf('client1', '', 'openid');
    expect(await verifier.verify(token)).toMatchObject({ ok: true, token: { kind: 'id_token', clientId: 'client1' } });
  });

  it('an ID token by ES256, which carries the kid of an RSA key, and which idtokeninfo always refuses', async () => {
    const { id_token: token = '' } = await tokensOf('client2', '', 'openid');
    expect(await verifier.verify(token)).toMatchObject({ ok: true, token: { kind: 'id_token', subject: 'alice' } });
  });
});
