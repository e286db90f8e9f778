import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FIRST_CERTIFICATE } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { type Answer, type Authentication, GRANT, startAuthentication } from './start-authentication.js';

const der = Buffer.from(FIRST_CERTIFICATE, 'base64');
const THUMBPRINT = createHash('sha256').update(der).digest('base64url');
const PEM = `-----BEGIN CERTIFICATE-----\n${(FIRST_CERTIFICATE.match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
const PROXY = { TRUSTED_PROXIES: '127.0.0.1,::1', CLIENT_CERTIFICATE_HEADER: 'Client-Cert' };
const clients = [
  { clientId: 'bound', clientSecret: 'secret', scopes: ['read'], tlsClientCertificateBoundAccessTokens: true },
  { clientId: 'free', clientSecret: 'secret', scopes: ['read'] },
];

let service: Authentication | undefined;
afterEach(() => service?.stop());

/** What a client gets with this header, from a service with these variables. */
async function answerTo(certificate: string | undefined, env: Record<string, string> = PROXY, client = 'bound') {
  service = await startAuthentication(env, { clients });
  const headers = certificate === undefined ? {} : { 'Client-Cert': certificate };
  return service.post(GRANT, { basic: `${client}:secret`, headers });
}

const FORM = {
  authorization: `Basic ${btoa('bound:secret')}`,
  'content-type': 'application/x-www-form-urlencoded',
};

/** As {@link answerTo}, with headers that are sent as often as they have values. */
function statusOf(url: string, headers: Record<string, string | string[]>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.once('error', reject).end(new URLSearchParams(GRANT).toString());
  });
}

const confirmationOf = ({ body }: Answer): unknown => decodeJwt(String(body['access_token']))['cnf'];
const refusal = (description: string) => ({
  status: 400,
  body: { error: 'invalid_request', error_description: description },
});
const SHOWS_NONE = refusal('The tokens of the client are bound to its certificate, and it shows none');

describe('a client that is registered for bound tokens (RFC 8705 section 3)', () => {
  it.each([
    ['DER (RFC 9440)', `:${FIRST_CERTIFICATE}:`],
    ['PEM with escapes (nginx)', encodeURIComponent(PEM)],
  ])('gets a token that says the thumbprint of its certificate, which comes as %s', async (_, certificate) => {
    expect(confirmationOf(await answerTo(certificate))).toEqual({ 'x5t#S256': THUMBPRINT });
  });

  it.each([
    ['none in the request', undefined, PROXY],
    ['an empty header, as a proxy sets it that saw none', '', PROXY],
    ['a header that nobody is configured to set', `:${FIRST_CERTIFICATE}:`, { TRUSTED_PROXIES: '127.0.0.1,::1' }],
    [
      'C11 a header of a peer that is no trusted proxy',
      `:${FIRST_CERTIFICATE}:`,
      { ...PROXY, TRUSTED_PROXIES: '192.0.2.1' },
    ],
    ['C11 a header, while no proxy is trusted', `:${FIRST_CERTIFICATE}:`, { CLIENT_CERTIFICATE_HEADER: 'Client-Cert' }],
  ])('gets no token without a certificate: %s', async (_, certificate, env) => {
    expect(await answerTo(certificate, env)).toMatchObject(SHOWS_NONE);
  });

  it.each([
    ['nothing in DER', '::'],
    ['other bytes', ':AAAA:'],
    ['base64 alone', FIRST_CERTIFICATE],
    ['two', `:${FIRST_CERTIFICATE}:, :${FIRST_CERTIFICATE}:`],
    ['a broken escape', '%'],
    ['a word', 'SUCCESS'],
  ])('is told of what is no certificate: %s', async (_, certificate) => {
    expect(await answerTo(certificate)).toMatchObject(refusal('The certificate of the client cannot be read'));
  });

  it('C11 is refused with two certificates, of which one may be its own', async () => {
    service = await startAuthentication(PROXY, { clients });
    const headers = { 'Client-Cert': [encodeURIComponent(PEM), encodeURIComponent(PEM)], ...FORM };
    expect(await statusOf(`${service.publicUrl}/oauth2/token`, headers)).toBe(400);
    expect(await statusOf(`${service.publicUrl}/oauth2/token`, { ...headers, 'Client-Cert': [''] })).toBe(400);
    const one = { ...headers, 'Client-Cert': [encodeURIComponent(PEM)] };
    expect(await statusOf(`${service.publicUrl}/oauth2/token`, one)).toBe(200);
  });

  it('acts as nobody: its token would have to go without its certificate', async () => {
    service = await startAuthentication(PROXY, { clients });
    const headers = { 'Client-Cert': `:${FIRST_CERTIFICATE}:` };
    const answer = await service.post({ ...GRANT, scope: 'act_as:alice' }, { basic: 'bound:secret', headers });
    expect(answer).toMatchObject(refusal('A client with bound tokens acts as nobody'));
  });

  it('is what the metadata says there can be', async () => {
    service = await startAuthentication(PROXY, { clients });
    const metadata = await fetch(`${service.publicUrl}/.well-known/oauth-authorization-server`);
    expect(await metadata.json()).toMatchObject({ tls_client_certificate_bound_access_tokens: true });
  });
});

it('the token of any other client is bound to nothing', async () => {
  expect(confirmationOf(await answerTo(`:${FIRST_CERTIFICATE}:`, PROXY, 'free'))).toBeUndefined();
});
