import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Authentication, GRANT, startAuthentication } from './start-authentication.js';

const CERTIFICATE = 'MIIBtDCCAVqgAwIBAgIUQ0E';
const CERTIFICATE_HEADERS = {
  'X-Client-Cert': CERTIFICATE,
  'X-Forwarded-Client-Cert': `By=spiffe://as;Hash=00;Subject="CN=c-basic";Cert="${CERTIFICATE}"`,
  'X-SSL-Client-Cert': CERTIFICATE,
  'X-SSL-Client-Verify': 'SUCCESS',
  'X-SSL-Client-S-DN': 'CN=c-basic',
  'X-ARR-ClientCert': CERTIFICATE,
  'X-Amzn-Mtls-Clientcert': CERTIFICATE,
  'Ssl-Client-Cert': CERTIFICATE,
  'Client-Cert': `:${CERTIFICATE}:`,
};

describe.each([
  ['a direct caller', {}],
  ['a trusted proxy', { TRUSTED_PROXIES: '127.0.0.1,::1' }],
])('from %s', (_, env) => {
  let service: Authentication;
  beforeAll(async () => {
    service = await startAuthentication(env);
  });
  afterAll(() => service.stop());
  const headers = CERTIFICATE_HEADERS;

  it('C11 a certificate in a header authenticates nobody', async () => {
    expect((await service.post(GRANT, { headers })).status).toBe(401);
    expect((await service.post({ ...GRANT, client_id: 'c-basic' }, { headers })).status).toBe(401);
    expect((await service.post(GRANT, { basic: 'c-basic:wrong', headers })).status).toBe(401);
  });

  it('C11 nor does it bind the token of a client that did authenticate', async () => {
    const { status, body } = await service.post(GRANT, { basic: 'c-basic:secret', headers });
    expect(status).toBe(200);
    const payload = Buffer.from(String(body['access_token']).split('.')[1] ?? '', 'base64url').toString();
    expect(Object.keys(JSON.parse(payload) as object)).not.toContain('cnf');
    expect(service.logLines.join('')).not.toContain(CERTIFICATE);
  });
});

describe('a page in a browser', () => {
  let service: Authentication;
  beforeAll(async () => {
    service = await startAuthentication();
  });
  afterAll(() => service.stop());
  const Origin = 'https://evil.example';
  const corsHeadersOf = ({ headers }: { headers: Headers }): string[] =>
    [...headers.keys()].filter((name) => name.startsWith('access-control-') || name === 'vary');

  it('H9 may read no answer of another origin, issued or refused', async () => {
    const requests = [
      service.post(GRANT, { basic: 'c-basic:secret', headers: { Origin } }),
      service.post(GRANT, { basic: 'c-basic:wrong', headers: { Origin } }),
      service.post('x', { headers: { Origin, 'Content-Type': 'text/plain' } }),
      fetch(`${service.publicUrl}/nowhere`, { headers: { Origin: 'null' } }),
    ];
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 415, 404]);
    expect(answers.flatMap(corsHeadersOf)).toEqual([]);
  });

  it('H9 may read public keys and metadata, which say who asks nothing', async () => {
    const answer = await fetch(`${service.publicUrl}/.well-known/jwks.json`, { headers: { Origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  });

  it('H9 is told nothing by a preflight', async () => {
    const preflight = {
      Origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    };
    const answer = await fetch(`${service.publicUrl}/service/access_token`, { method: 'OPTIONS', headers: preflight });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(corsHeadersOf(answer)).toEqual([]);
  });
});
