import { afterEach, describe, expect, it } from '@jest/globals';
import { hashClientSecret } from '@mandate/clients';
import { type FixedClock, fixedClock } from '@mandate/testing';
import { type Answer, type Authentication, GRANT, startAuthentication } from './start-authentication.js';

const TRUSTED = { TRUSTED_PROXIES: '127.0.0.1, ::1' };
/** Of `secret`: so slow that requests sent at once are there at once. */
const HASH_OF_SECRET = await hashClientSecret('secret', { scheme: 'scrypt' });
const A = '192.0.2.1';
const B = '198.51.100.7';

let service: Authentication | undefined;
let clock: FixedClock;
const start = async (env: Record<string, string> = {}): Promise<Authentication> => {
  clock = fixedClock();
  return (service = await startAuthentication({ ...TRUSTED, ...env }, { clock }));
};
afterEach(() => service?.stop());

/** A token request as one client, through proxies that say where it comes from. */
const ask = async (basic: string, forwardedFor = A): Promise<Answer> => {
  const answer = await service?.post(GRANT, { basic, headers: { 'X-Forwarded-For': forwardedFor } });
  if (answer === undefined) throw new Error('The service is not started');
  return answer;
};
const statuses = async (times: number, ...args: Parameters<typeof ask>): Promise<number[]> => {
  const answers: number[] = [];
  for (let turn = 0; turn < times; turn += 1) answers.push((await ask(...args)).status);
  return answers;
};
const times = (count: number, status: number): number[] => Array.from({ length: count }, () => status);

describe('wrong secrets (C9)', () => {
  it('CA-63 after 15 within a minute the client is 429 at that address, and nobody else is', async () => {
    await start();
    expect(await statuses(20, 'c-basic:wrong')).toEqual([...times(15, 401), ...times(5, 429)]);
    expect((await ask('c-basic:secret', B)).status).toBe(200);
    expect((await ask('c-any:secret', A)).status).toBe(200);
    expect((await ask('c-basic:secret', A)).status).toBe(429);
  });

  it('C9 no more are compared than the limit says when many are tried at once, and right ones at once are all served', async () => {
    const clients = [{ clientId: 'c-basic', clientSecret: HASH_OF_SECRET }];
    const world = (service = await startAuthentication({ RATE_LIMIT_FAILURES: '3/600' }, { clients }));
    const post = async (secret: string) => (await world.post(GRANT, { basic: `c-basic:${secret}` })).status;
    const atOnce = (secret: (turn: number) => string) =>
      Promise.all(Array.from({ length: 20 }, (_, turn) => post(secret(turn))));
    expect(await atOnce(() => 'secret')).toEqual(times(20, 200));
    expect((await atOnce((turn) => `wrong-${turn}`)).sort()).toEqual([...times(3, 401), ...times(17, 429)]);
  });

  it('a 429 is an OAuth error with Retry-After in whole seconds, and no challenge', async () => {
    await start();
    await statuses(15, 'c-basic:wrong');
    const { status, body, headers } = await ask('c-basic:secret');
    expect(status).toBe(429);
    expect(body).toEqual({ error: 'temporarily_unavailable', error_description: 'Too many requests' });
    expect(headers.get('retry-after')).toBe('4');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('the right secret is served again after Retry-After, and a wrong one costs the next chance', async () => {
    await start();
    await statuses(15, 'c-basic:wrong');
    clock.advance(4);
    expect((await ask('c-basic:secret')).status).toBe(200);
    expect(await statuses(2, 'c-basic:wrong')).toEqual([401, 429]);
    clock.advance(60);
    expect(await statuses(16, 'c-basic:wrong')).toEqual([...times(15, 401), 429]);
  });

  it('C7 a client id that nobody has is limited like any other, to the letter', async () => {
    await start();
    const answersTo = async (basic: string): Promise<unknown[]> => {
      const answers: unknown[] = [];
      for (let turn = 0; turn < 17; turn += 1) {
        const { status, body, headers } = await ask(basic);
        answers.push([status, body, headers.get('retry-after'), headers.get('www-authenticate')]);
      }
      return answers;
    };
    expect(await answersTo('nobody:wrong')).toEqual(await answersTo('c-basic:wrong'));
  });

  it('count in the form as they do in the header', async () => {
    const world = await start();
    const guess = () => world.post({ ...GRANT, client_id: 'c-post', client_secret: 'wrong' });
    for (let turn = 0; turn < 15; turn += 1) expect((await guess()).status).toBe(401);
    expect((await guess()).status).toBe(429);
  });

  it.each([
    ['longer than any id', 'x'.repeat(257)],
    ['with a control character', 'c\u0001'],
  ])(
    'C9 are counted for their address alone where the client id is one that nobody can have: %s',
    async (_name, id) => {
      const world = await start({ RATE_LIMIT_ADDRESS: '400/60' });
      const guess = async (basic?: string) =>
        (await world.post(basic ? GRANT : { ...GRANT, client_id: id, client_secret: 'x' }, basic ? { basic } : {}))
          .status;
      for (let turn = 0; turn < 20; turn += 1)
        expect(await guess(turn % 2 === 0 ? `${encodeURIComponent(id)}:x` : undefined)).toBe(401);
      expect(await guess()).toBe(429);
    },
  );

  it('do not count what is no guess: right secrets, no credentials, an assertion', async () => {
    const world = await start();
    const assertion = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'x.y.z',
    };
    for (let turn = 0; turn < 20; turn += 1) {
      expect((await world.post({ ...GRANT, client_id: 'c-post', client_secret: 'secret' })).status).toBe(200);
      expect((await world.post(GRANT)).status).toBe(401);
      expect((await world.post({ ...GRANT, ...assertion, client_id: 'c-post' })).status).toBe(401);
    }
  });
});

describe('requests', () => {
  it('C9 of one client are limited wherever they come from; wrong secrets for it use nothing of that', async () => {
    await start({ RATE_LIMIT_CLIENT: '3/60' });
    await statuses(10, 'c-basic:wrong', B);
    expect(await statuses(2, 'c-basic:secret', A)).toEqual([200, 200]);
    expect(await statuses(2, 'c-basic:secret', B)).toEqual([200, 429]);
    expect((await ask('c-any:secret', A)).status).toBe(200);
    clock.advance(20);
    expect((await ask('c-basic:secret', A)).status).toBe(200);
  });

  it('C9 from one address are limited, a failed authentication counting as twenty, whatever client it names', async () => {
    await start({ RATE_LIMIT_ADDRESS: '100/60' });
    const sprayStatuses: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) sprayStatuses.push((await ask(`client-${turn}:guess`)).status);
    expect(sprayStatuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await ask('c-basic:secret', A)).status).toBe(429);
    expect((await ask('c-basic:secret', B)).status).toBe(200);
  });

  it('for health, keys and metadata are not limited', async () => {
    const { publicUrl, managementUrl } = await start({ RATE_LIMIT_ADDRESS: '1/600' });
    expect(await statuses(2, 'c-basic:secret')).toEqual([200, 429]);
    const headers = { 'X-Forwarded-For': A };
    for (const path of ['/livez', '/readyz', '/.well-known/jwks.json', '/.well-known/oauth-authorization-server']) {
      for (let turn = 0; turn < 3; turn += 1) expect((await fetch(publicUrl + path, { headers })).status).toBe(200);
    }
    expect((await fetch(`${managementUrl}/metrics`)).status).toBe(200);
  });

  it('are not limited at all with RATE_LIMIT=off', async () => {
    await start({ RATE_LIMIT: 'off', RATE_LIMIT_ADDRESS: '1/60', RATE_LIMIT_CLIENT: '1/60' });
    expect(await statuses(20, 'c-basic:wrong')).toEqual(times(20, 401));
    expect(await statuses(3, 'c-basic:secret')).toEqual(times(3, 200));
    expect(await service?.metricsText()).not.toContain('rate_limit');
  });

  it('beyond a limit are counted by which it was, and logged without a secret or an address', async () => {
    await start({ RATE_LIMIT_CLIENT: '1/60' });
    await statuses(17, 'c-basic:canary-wrong');
    await statuses(3, 'c-any:secret');
    const metrics = await service?.metricsText();
    expect(metrics).toContain('rate_limited_requests_total{limit="failures"} 2');
    expect(metrics).toContain('rate_limited_requests_total{limit="client"} 2');
    expect(metrics).toMatch(/http_requests_total\{[^}]*status="429"[^}]*\} 4/);
    const log = service?.logLines.join('') ?? '';
    expect(log).toContain('"detail":"rate limit: failures"');
    expect(log).not.toMatch(/canary|192\.0\.2/);
  });
});

describe('the address that counts', () => {
  const exhaust = () => statuses(15, 'c-basic:wrong', A);
  const isLimited = async (forwardedFor: string): Promise<boolean> =>
    (await ask('c-basic:secret', forwardedFor)).status === 429;

  it('is the last that a trusted proxy did not write itself, whatever the caller put before it', async () => {
    await start({ TRUSTED_PROXIES: '127.0.0.1,::1,10.1.0.0/16' });
    await exhaust();
    expect(await isLimited(`203.0.113.9, ${A}`)).toBe(true);
    expect(await isLimited(`203.0.113.9, ${A}, 10.1.2.3`)).toBe(true);
    expect(await isLimited(`${A}, 10.2.0.1`)).toBe(false);
    expect(await isLimited(`${A}, ${B}`)).toBe(false);
  });

  it('is the peer where it is no trusted proxy: X-Forwarded-For and its like change nothing', async () => {
    const world = await start({ TRUSTED_PROXIES: '10.1.0.0/16' });
    await exhaust();
    const forgedHeaders = { 'X-Forwarded-For': B, Forwarded: `for=${B}`, 'X-Real-IP': B, 'True-Client-IP': B };
    expect((await world.post(GRANT, { basic: 'c-basic:secret', headers: forgedHeaders })).status).toBe(429);
  });

  it('is in no header where no proxy is trusted, which the log says once', async () => {
    await start({ TRUSTED_PROXIES: '' });
    await exhaust();
    expect(await isLimited(B)).toBe(true);
    const warnings = service?.logLines.filter((line) => line.includes('X-Forwarded-For is not believed')) ?? [];
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).toContain('TRUSTED_PROXIES');
  });

  it('is the same written as IPv4 and as IPv4 in IPv6, and one for a /64 of IPv6', async () => {
    await start();
    await exhaust();
    expect(await isLimited(`::ffff:${A}`)).toBe(true);
    await statuses(15, 'c-basic:wrong', '2001:db8:1:2::1');
    expect(await isLimited('2001:DB8:1:2:ffff:0:0:9')).toBe(true);
    expect(await isLimited('2001:db8:1:3::1')).toBe(false);
  });

  it('is read without the port that a gateway may write behind it, its own too', async () => {
    await start({ TRUSTED_PROXIES: '127.0.0.1,::1,10.1.0.0/16' });
    await statuses(15, 'c-basic:wrong', `${A}:50123`);
    expect(await isLimited(`${A}:50124, 10.1.2.3:443`)).toBe(true);
    expect(await isLimited(A)).toBe(true);
    expect(await isLimited(`${B}:50123`)).toBe(false);
    await statuses(15, 'c-basic:wrong', '[2001:db8:1:2::1]:443');
    expect(await isLimited('[2001:db8:1:2::2]')).toBe(true);
    expect(await isLimited('[2001:db8:1:3::1]:443')).toBe(false);
  });

  it('is said once to be unreadable where a trusted proxy writes what is no address', async () => {
    await start();
    await statuses(2, 'c-basic:secret', 'unknown');
    await statuses(1, 'c-basic:secret', `${A}:1`);
    expect(service?.logLines.filter((line) => line.includes('X-Forwarded-For has what is no address'))).toHaveLength(1);
  });

  it.each(['unknown', '_hidden', '999.1.1.1', '999.1.1.1:1234', '[%]:1', '%', ','])(
    'is the peer where the header says %j, which is no address',
    async (text) => {
      await start();
      await statuses(15, 'c-basic:wrong', '127.0.0.1');
      expect(await isLimited(text)).toBe(true);
    },
  );
});
