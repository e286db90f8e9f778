import { afterEach, describe, expect, it } from '@jest/globals';
import { USERS, type ValidationWorld, basic, startValidationWorld } from './validation-world.js';

const A = { 'X-Forwarded-For': '192.0.2.1' };
const B = { 'X-Forwarded-For': '198.51.100.7' };
const PROXIES = { TRUSTED_PROXIES: '127.0.0.1,::1' };

let world: ValidationWorld | undefined;
const start = async (env: Record<string, string>): Promise<ValidationWorld> =>
  (world = await startValidationWorld({ ...PROXIES, ...env }));
afterEach(() => world?.stop());

describe('rate limits of callers', () => {
  it('C9 wrong secrets at introspection and revocation are one count, for one client at one address', async () => {
    const here = await start({ RATE_LIMIT_FAILURES: '4/60' });
    const wrong = { ...A, authorization: basic('rs', 'wrong') };
    for (const path of ['introspect', 'revoke', 'introspect', 'revoke'] as const) {
      expect((await here[path]({ token: here.token() }, wrong)).status).toBe(401);
    }
    const answer = await here.introspect({ token: here.token() }, A);
    expect(answer).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('15');
    expect(answer.text).not.toContain('active');
    expect((await here.introspect({ token: here.token() }, B)).body['active']).toBe(true);
    expect((await here.revoke({ token: here.token() }, A)).status).toBe(200);
  });

  it('C9 bad bearer tokens weigh on the address, and a client authenticated elsewhere goes on', async () => {
    const here = await start({ RATE_LIMIT_ADDRESS: '60/60' });
    const forgedHeaders = { ...A, authorization: `Bearer ${here.token({ exp: 1 })}` };
    for (let turn = 0; turn < 3; turn += 1)
      expect((await here.introspect({ token: here.token() }, forgedHeaders)).status).toBe(401);
    expect((await here.introspect({ token: here.token() }, A)).status).toBe(429);
    expect((await here.introspect({ token: here.token() }, B)).status).toBe(200);
  });

  it('C9 a client of another issuer cannot use up the requests of ours with the same id', async () => {
    const here = await start({ RATE_LIMIT_CLIENT: '2/60' });
    const theirs = { ...A, authorization: here.bearer({ iss: USERS, client_id: 'rs', sub: 'rs' }) };
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn += 1)
      statuses.push((await here.introspect({ token: here.token() }, theirs)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await here.introspect({ token: here.token() }, A)).status).toBe(200);
    const own = { ...A, authorization: here.bearer({ client_id: 'rs', sub: 'rs' }) };
    expect((await here.introspect({ token: here.token() }, own)).status).toBe(200);
    expect((await here.introspect({ token: here.token() }, A)).status).toBe(429);
  });
});

it('C11 a certificate in a header is no caller', async () => {
  const here = await start({});
  const headers = { authorization: '', 'X-Client-Cert': 'MIIB', 'X-Forwarded-Client-Cert': 'Subject="CN=rs"' };
  expect((await here.introspect({ token: here.token() }, headers)).status).toBe(401);
});

it('H9 no answer may be read by a page of another origin', async () => {
  const here = await start({});
  const answer = await here.introspect({ token: here.token() }, { Origin: 'https://evil.example' });
  const preflight = await fetch(`${here.publicUrl}/service/introspect`, {
    method: 'OPTIONS',
    headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
  });
  expect([answer.status, preflight.status]).toEqual([200, 405]);
  for (const { headers } of [answer, preflight]) {
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  }
});
