import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  LDAP_TEST,
  type LdapServer,
  type RedisProcess,
  askRedis,
  ldapServer,
  redisProgram,
  startLdapServer,
  startRealPart,
  startRedisProcess,
  until,
} from '@mandate/testing';
import { type Authentication, GRANT, startAuthentication } from '../http/start-authentication.js';

const program = await redisProgram(process.env);
const tool = await startRealPart(ldapServer, process.env);
const systemClock = (): number => Math.floor(Date.now() / 1000);
const NOTHING_REMEMBERED = {
  CLIENT_CACHE_SECONDS: '0',
  CLIENT_CACHE_MISSING_SECONDS: '0',
  RATE_LIMIT: 'off',
  // A busy machine is no failure.
  CLIENT_STORE_TIMEOUT_MS: '5000',
};

/** What a client is told: status, error, and what readiness says. */
function probesOf(service: () => Authentication) {
  return {
    tell: async (basic: string) => {
      const { status, body } = await service().post(GRANT, { basic });
      return [status, body['error'] ?? body['token_type']];
    },
    ready: async () => (await fetch(`${service().managementUrl}/readyz`)).status,
  };
}

(program === undefined ? describe.skip : describe)('authentication over clients in a real Redis', () => {
  let redis: RedisProcess;
  let service: Authentication;
  const { tell, ready } = probesOf(() => service);
  beforeAll(async () => {
    redis = await startRedisProcess(program ?? '');
    const env = {
      ...NOTHING_REMEMBERED,
      CLIENT_CREDENTIALS_STORE: 'json,redis',
      CLIENT_CREDENTIALS_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      CLIENT_CREDENTIALS_REDIS_PREFIX: 'c:',
    };
    await askRedis(redis.port, `SET c:stored '{"clientId":"stored","clientSecret":"secret","scopes":["read"]}'`);
    await askRedis(redis.port, `SET c:c-basic '{"clientId":"c-basic","clientSecret":"another"}'`);
    await askRedis(redis.port, `SET c:broken '{"clientId":"broken","clientSecret":7}'`);
    service = await startAuthentication(env, { clock: systemClock });
  });
  afterAll(async () => {
    await service.stop();
    await redis.stop();
  });

  it('knows those of the file first, then those of the store, and nobody else', async () => {
    expect(await tell('stored:secret')).toEqual([200, 'Bearer']);
    expect(await tell('c-basic:secret')).toEqual([200, 'Bearer']);
    for (const wrong of ['c-basic:another', 'stored:wrong', 'nobody:secret']) {
      expect(await tell(wrong)).toEqual([401, 'invalid_client']);
    }
    expect(await ready()).toBe(200);
  });

  it('answers 503 to one whose record is broken, and says in the log which and why', async () => {
    expect(await tell('broken:secret')).toEqual([503, 'temporarily_unavailable']);
    expect(service.logLines.join('')).toContain('the record of \\"broken\\": clientSecret');
  });

  it('answers 503 and not invalid_client while the store is down, and those of the file as before', async () => {
    await redis.stop();
    for (const id of ['stored:secret', 'stored:wrong', 'nobody:secret']) {
      expect(await tell(id)).toEqual([503, 'temporarily_unavailable']);
    }
    expect(await tell('c-basic:secret')).toEqual([200, 'Bearer']);
    await until(async () => (await ready()) === 503);
    redis = await startRedisProcess(program ?? '', { port: redis.port });
    await until(async () => (await tell('nobody:secret'))[0] === 401);
    await until(async () => (await ready()) === 200);
  });
});

(tool === undefined ? describe.skip : describe)('authentication over a directory that checks secrets', () => {
  let slapd: LdapServer;
  let service: Authentication;
  const { tell } = probesOf(() => service);
  beforeAll(async () => {
    slapd = await startLdapServer(tool?.address ?? '', process.env);
    const env = {
      ...NOTHING_REMEMBERED,
      CLIENT_CREDENTIALS_STORE: 'ldap',
      CLIENT_CREDENTIALS_LDAP_URLS: `ldaps://127.0.0.1:${slapd.tlsPort}`,
      CLIENT_CREDENTIALS_LDAP_CA_FILE: slapd.caFile,
      CLIENT_CREDENTIALS_LDAP_BIND_DN: LDAP_TEST.reader.dn,
      CLIENT_CREDENTIALS_LDAP_BIND_PASSWORD: LDAP_TEST.reader.password,
      CLIENT_CREDENTIALS_LDAP_BASE_DN: LDAP_TEST.baseDn,
      CLIENT_CREDENTIALS_LDAP_FILTER: '(&(objectClass=account)(uid={id}))',
      CLIENT_CREDENTIALS_LDAP_ATTRIBUTES: '{"clientId":"uid","scopes":"description"}',
      CLIENT_CREDENTIALS_LDAP_SECRET_CHECK: 'bind',
    };
    service = await startAuthentication(env, { clock: systemClock });
  });
  afterAll(async () => {
    await service.stop();
    await slapd.stop();
  });

  it('issues a token for the password of the entry, and for no other', async () => {
    expect(await tell(`svc-stock:${LDAP_TEST.clientPassword}`)).toEqual([200, 'Bearer']);
    for (const wrong of ['svc-stock:wrong', 'SVC-STOCK:client-secret', 'nobody:client-secret', 'svc-*:client-secret']) {
      expect([wrong, ...(await tell(wrong))]).toEqual([wrong, 401, 'invalid_client']);
    }
  });

  it('answers 503 while the directory hangs', async () => {
    await slapd.pause();
    for (const id of ['svc-stock:wrong', 'nobody:secret'])
      expect(await tell(id)).toEqual([503, 'temporarily_unavailable']);
    await slapd.resume();
    await until(async () => (await tell(`svc-stock:${LDAP_TEST.clientPassword}`))[0] === 200);
  });
});
