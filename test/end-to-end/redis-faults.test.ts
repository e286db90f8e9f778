import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoopbackService } from '@mandate/service-kit/testing';
import { type RedisProcess, askRedis, createTestKey, redisProgram, startRedisProcess, until } from '@mandate/testing';
import { basic, postForm } from './post-form.js';
import { startService } from './start-service.js';
import { createFolder } from './worlds.js';

const program = await redisProgram(process.env);
const ISSUER = 'https://mandate.example.com';
const APP = basic('app', 'secret');
const DOWN = '503 temporarily_unavailable';
/** As soon as the connection is there again. */
const RIGHT_OR_DOWN: unknown = expect.stringMatching(/^(200|200 true|503 temporarily_unavailable)$/);

/** How Redis fails and comes back, and what meanwhile is answered to a question and to a revocation. */
interface Fault {
  name: string;
  begin(redis: RedisProcess): Promise<unknown>;
  end(redis: RedisProcess): unknown;
  introspection: unknown;
  revocation: unknown;
}

let redis: RedisProcess;
const ask = (command: string) => (): Promise<string> => askRedis(redis.port, command);
const startAgain = async ({ port }: RedisProcess): Promise<void> => {
  redis = await startRedisProcess(program ?? '', { port });
};

const goOn = (it: RedisProcess): void => {
  it.signal('SIGCONT');
};

const faults: Fault[] = [
  { name: 'S1 stopped', begin: (it) => it.stop(), end: startAgain, introspection: DOWN, revocation: DOWN },
  {
    name: 'S1 killed',
    end: startAgain,
    introspection: DOWN,
    revocation: DOWN,
    async begin(it) {
      it.signal('SIGKILL');
      await it.stop();
    },
  },
  {
    name: 'S3 hung',
    introspection: DOWN,
    revocation: DOWN,
    begin: (it) => it.pause(),
    end: goOn,
  },
  {
    name: 'S3 hung for longer than its connection lives',
    introspection: DOWN,
    revocation: DOWN,
    async begin(it) {
      await it.pause();
      await sleep(2000);
    },
    end: goOn,
  },
  {
    name: 'S1 every connection cut',
    introspection: RIGHT_OR_DOWN,
    revocation: RIGHT_OR_DOWN,
    begin: ask('CLIENT KILL TYPE normal SKIPME yes'),
    end: () => Promise.resolve(),
  },
  {
    name: 'S1 full',
    begin: ask('CONFIG SET maxmemory 1'),
    end: ask('CONFIG SET maxmemory 0'),
    introspection: '200 true',
    revocation: DOWN,
  },
  {
    name: 'S2 a master that became a replica',
    introspection: '200 true',
    revocation: DOWN,
    begin: ask('REPLICAOF 127.0.0.1 1'),
    end: ask('REPLICAOF NO ONE'),
  },
  {
    name: 'S2 too few replicas to write',
    introspection: '200 true',
    revocation: DOWN,
    begin: ask('CONFIG SET min-replicas-to-write 1'),
    end: ask('CONFIG SET min-replicas-to-write 0'),
  },
  {
    name: 'S4 scripts forbidden',
    introspection: DOWN,
    revocation: DOWN,
    begin: ask('ACL SETUSER default -eval -evalsha'),
    end: ask('ACL SETUSER default +@all'),
  },
];

(program === undefined ? describe.skip : describe)('a Redis that is', () => {
  const folder = createFolder();
  const table: string[] = [];
  let authentication: LoopbackService;
  let validation: LoopbackService;

  beforeAll(async () => {
    redis = await startRedisProcess(program ?? '');
    const key = createTestKey('ES256');
    const env = {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      // A busy machine is no fault.
      REDIS_TIMEOUT_MS: '5000',
      TOKEN_ISSUER: ISSUER,
      TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [key.privateJwk] }),
      CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', [
        { clientId: 'app', clientSecret: 'secret', scopes: ['introspect', 'revoke'] },
      ]),
    };
    authentication = await startService('authentication', env);
    validation = await startService('token-validation', { ...env, RATE_LIMIT: 'off' });
  });
  afterAll(async () => {
    process.stderr.write(`Redis | introspection | revocation | issuance | right again after\n${table.join('\n')}\n`);
    await Promise.all([authentication.stop(), validation.stop(), redis.stop()]);
  });

  const call = async (service: LoopbackService, path: string, form: Record<string, string>) => {
    const { status, body } = await postForm(`${service.publicUrl}/service/${path}`, form, APP);
    const outcome = (body['error'] ?? body['active']) as string | boolean | undefined;
    return { text: outcome === undefined ? String(status) : `${status} ${String(outcome)}`, body };
  };
  const issue = async () => call(authentication, 'access_token', { grant_type: 'client_credentials' });
  const newToken = async (): Promise<string> => String((await issue()).body['access_token']);
  const introspect = async (token: string): Promise<string> => (await call(validation, 'introspect', { token })).text;
  const revoke = async (token: string): Promise<string> => (await call(validation, 'revoke', { token })).text;

  it.each(faults)(
    '$name never changes a verdict, and all is right after its end',
    async (fault) => {
      const [goodToken, revokedToken] = [await newToken(), await newToken()];
      expect([await revoke(revokedToken), await introspect(revokedToken), await introspect(goodToken)]).toEqual([
        '200',
        '200 false',
        '200 true',
      ]);
      await fault.begin(redis);
      const meanwhile = { introspection: await introspect(goodToken), revocation: await revoke(await newToken()) };
      const issuance = (await issue()).text;
      await fault.end(redis);
      const startMs = performance.now();
      const answers = new Set<string>();
      await until(async () => {
        const [answer, revocation] = [await introspect(goodToken), await revoke(await newToken())];
        answers.add(answer);
        return answer === '200 true' && revocation === '200';
      });
      const seconds = (performance.now() - startMs) / 1000;
      const { introspection, revocation } = meanwhile;
      table.push([fault.name, introspection, revocation, issuance, `${seconds.toFixed(2)} s`].join(' | '));
      expect({ ...meanwhile, issuance }).toEqual({
        introspection: fault.introspection,
        revocation: fault.revocation,
        issuance: '200',
      });
      expect([...answers].filter((answer) => answer !== DOWN)).toEqual(['200 true']);
      // A Redis without persistence that starts again has forgotten what was revoked (docs/operations.md).
      expect(await introspect(revokedToken)).toBe(fault.end === startAgain ? '200 true' : '200 false');
    },
    120_000,
  );
});
