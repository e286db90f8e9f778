import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  askRedis,
  createTestKey,
  OPENAM_TEST_POLICY_SET,
  opaProgram,
  type OpenamStandIn,
  putOpaDocument,
  putOpaModule,
  type RedisProcess,
  startIssuer,
  startOpaProcess,
  startOpenamStandIn,
  startRealPart,
  startRedisProcess,
  type TestKey,
  freePorts,
  testDirectory,
} from '@mandate/testing';
import { type ServiceName, type SpawnedService, spawnService } from '../end-to-end/spawned-service.js';
import { type OperatorApp, startOperatorApp } from './asking.js';
import { type Relay, startRelay } from './relay.js';
import { createWire, type Wire } from './wire.js';
import { CIBA } from '../end-to-end/post-form.js';

export const USERS = 'https://users.example.com';
export const OTHER = 'https://other.example.com';
export const IMAGES = 'http://images.example.com/';
export const CLOSED = 'https://closed.example.org/';
export const REPORTS = 'https://reports.example.org/';

type Name = Exclude<ServiceName, 'standalone'>;

/** The whole product as processes, with everything it can be told a secret for, and the servers behind it. */
export interface LeakageWorld {
  urls: Record<Name, string>;
  managementUrls: Record<Name, string>;
  services: Record<Name, SpawnedService>;
  wire: Wire;
  secrets: Record<'alice' | 'bob' | 'carol' | 'erin' | 'operator' | 'mallory' | 'info' | 'metrics', string>;
  keys: Record<'users' | 'other' | 'hmac' | 'dave', TestKey>;
  am: OpenamStandIn;
  app: OperatorApp;
  relays: Record<'opa' | 'am' | 'issuer' | 'introspection' | 'app', Relay>;
  redis: { kill(): Promise<void>; start(password?: string): Promise<void> };
  folder: string;
  /** Breaks a file of the configuration in the middle of a secret. */
  spoil(file: string): void;
  /** What was written anywhere: standard output and error of each process, and the audit file. */
  outputsSoFar(): { place: string; text: string }[];
  stop(): Promise<void>;
}

/** A secret that no pattern for tokens or keys recognizes: 32 characters. */
export const secretText = (): string => randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x');

/** At a private address, which is not reached. */
const PINGED = {
  backchannelTokenDeliveryMode: 'ping',
  backchannelClientNotificationEndpoint: 'https://127.0.0.1:1/ping',
};
const rule = (members: object) => ({ scopes: ['read', 'write'], expirationSeconds: 120, ...members });
const policy = {
  resources: [
    rule({ id: 'images', patterns: [`${IMAGES}*`], audience: 'https://images.example.com', allowedActors: ['bob'] }),
    { id: 'closed', patterns: [CLOSED], audience: CLOSED, deny: true },
  ],
};
const opaPolicy = { resources: [rule({ patterns: [`${REPORTS}*`], audience: REPORTS })] };

/** @param program `redis-server` */
export async function startLeakageWorld(program: string): Promise<LeakageWorld> {
  const folder = testDirectory();
  const wire = createWire();
  const file = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
    return join(folder, name);
  };
  const secret = (name: string): string => wire.remember(name, secretText());
  const redisPassword = wire.remember('password of Redis', `p@ss/${secretText()}`);
  const redis = await startRedis(program, redisPassword);
  const am = await startOpenamStandIn();
  const issuer = await startIssuer();
  const opa = await startOpa();
  const app = await startOperatorApp();
  const ports = await freePorts(6);
  const [authentication = '', validation = '', exchange = ''] = ports.map((port) => `http://127.0.0.1:${port}`);
  const relays = {
    opa: await startRelay(opa.origin),
    am: await startRelay(am.url),
    issuer: await startRelay(issuer.issuer),
    introspection: await startRelay(validation),
    app: await startRelay(app.origin),
  };

  const key = (name: string, alg = 'ES256'): TestKey => {
    const testKey = createTestKey(alg);
    const { d, k, p, q, dp, dq, qi } = testKey.privateJwk;
    for (const member of [d, k, p, q, dp, dq, qi])
      if (member !== undefined) wire.remember(`private key: ${name}`, member);
    return testKey;
  };
  const keys = { users: key('users', 'RS256'), other: key('other'), hmac: key('hmac', 'HS256'), dave: key('dave') };
  // An issuer that publishes what it should not: its private key.
  issuer.publish([keys.other.privateJwk]);
  const issuers = [
    {
      issuer: USERS,
      jwks: { keys: [keys.users.publicJwk] },
      allowIdTokens: true,
      mayAssertMayAct: true,
      mayAssertUsers: true,
    },
    { issuer: 'https://hmac.example.com', jwks: { keys: [keys.hmac.privateJwk] }, algorithms: ['HS256'] },
    { issuer: OTHER, jwksUri: `${relays.issuer.origin}/jwks` },
    ...[authentication, exchange].map((own) => ({ issuer: own, jwksUri: `${own}/.well-known/jwks.json`, own: true })),
  ];

  const hmacKey = wire.remember('CLIENT_SECRET_HMAC_KEY', randomBytes(32).toString('base64url'));
  const secrets = {
    alice: secret('secret of alice'),
    bob: secret('secret of bob'),
    mallory: secret('secret of mallory'),
    erin: secret('secret of erin'),
    operator: secret('secret of the operator'),
    // As `npm run client:hash` makes them.
    carol: wire.remember('secret of carol', randomBytes(32).toString('base64url')),
    info: secret('password of info'),
    metrics: secret('password of metrics'),
  };
  const storedDigest = wire.remember(
    'stored secret of carol',
    createHmac('sha256', hmacKey).update(secrets.carol).digest('base64url'),
  );
  const every = ['read', 'write', 'exchange', 'introspect', 'explain', 'revoke'];
  const clients = [
    { clientId: 'alice', clientSecret: secrets.alice, scopes: ['read', 'write'], audiences: ['bob', 'mallory'] },
    { clientId: 'bob', clientSecret: secrets.bob, scopes: every },
    { clientId: 'carol', clientSecret: `{hmac-sha256}${storedDigest}`, scopes: every },
    { clientId: 'mallory', clientSecret: secrets.mallory, scopes: every },
    { clientId: 'erin', clientSecret: secrets.erin, scopes: every, grantTypes: [CIBA, 'refresh_token'], ...PINGED },
    { clientId: 'operator', clientSecret: secrets.operator, scopes: ['ciba-decide'] },
    {
      clientId: 'dave',
      jwks: { keys: [keys.dave.publicJwk] },
      scopes: every,
      tokenEndpointAuthMethod: 'private_key_jwt',
    },
  ];

  const jwks = (name: string): string => file(`${name}-keys.json`, { keys: [key(name).privateJwk] });
  const jwkBase64 = Buffer.from(JSON.stringify(key('authentication').privateJwk)).toString('base64');
  const amClientSecret = wire.remember('secret of the client at AM', 'client1-secret');
  const amPassword = wire.remember('password at AM', 'Policy-pass-1');
  const common = {
    LOG_LEVEL: 'debug',
    RATE_LIMIT: 'off',
    RELOAD_INTERVAL_SECONDS: '1',
    UPSTREAM_TIMEOUT_MS: '500',
    INFO_ACCOUNT_PASSWORD: secrets.info,
    METRICS_ACCOUNT_PASSWORD: secrets.metrics,
    CLIENT_CREDENTIALS_JSON_PATH: file('clients.json', clients),
    CLIENT_SECRET_HMAC_KEY: hmacKey,
    REDIS_URL: `redis://:${encodeURIComponent(redisPassword)}@127.0.0.1:${redis.port}`,
  };
  const sharedVariables = {
    TRUSTED_ISSUERS_FILE: file('issuers.json', issuers),
    DEFAULT_ACTOR_ISSUERS: authentication,
    INTROSPECTION_OPENAM_SESSION_URL: `${relays.am.origin}/json/sessions`,
  };
  const environments: Record<Name, Record<string, string>> = {
    authentication: {
      ...common,
      TOKEN_ISSUER: authentication,
      TOKEN_SIGNATURE_JWK_BASE64: wire.remember('TOKEN_SIGNATURE_JWK_BASE64', jwkBase64),
      TRUSTED_ISSUERS_FILE: sharedVariables.TRUSTED_ISSUERS_FILE,
      CIBA_CHANNEL: 'webhook',
      CIBA_WEBHOOK_URL: relays.app.origin,
      CIBA_MAX_OPEN_REQUESTS: '100',
    },
    'token-validation': {
      ...common,
      ...sharedVariables,
      TOKEN_ISSUER: validation,
      TOKEN_SIGNATURE_JWKS_FILE: jwks('validation'),
      INTROSPECTION_SERVICES: 'jwt,openam',
      INTROSPECTION_OPENAM_URL: `${relays.am.origin}/oauth2/introspect`,
      INTROSPECTION_OPENAM_ID_TOKEN_INFO_URL: `${relays.am.origin}/oauth2/idtokeninfo`,
      INTROSPECTION_OPENAM_CLIENT_ID: 'client1',
      INTROSPECTION_OPENAM_CLIENT_SECRET: amClientSecret,
    },
    'token-exchange': {
      ...common,
      ...sharedVariables,
      TOKEN_ISSUER: exchange,
      TOKEN_SIGNATURE_JWKS_FILE: jwks('exchange'),
      AUDIT_SINK: 'file',
      AUDIT_FILE: join(folder, 'audit.log'),
      TOKEN_EXCHANGE_POLICIES: 'jwt,json,opa,openam',
      EXCHANGE_POLICY_JSON_CONFIG_PATH: file('policy.json', policy),
      EXCHANGE_POLICY_OPA_URL: `${relays.opa.origin}/v1/data/mandate/exchange/match`,
      EXCHANGE_POLICY_OPA_TOKEN_FILE: file('opa-token', secret('token for OPA')),
      EXCHANGE_OPENAM_AUTH_URL: `${relays.am.origin}/json/authenticate`,
      EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'policy',
      EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: amPassword,
      EXCHANGE_OPENAM_POLICY_URL: `${relays.am.origin}/json/realms/root/policies`,
      EXCHANGE_OPENAM_POLICY_SET_ID: OPENAM_TEST_POLICY_SET,
      EXCHANGE_JWT_INTROSPECT_URL: `${relays.introspection.origin}/service/introspect`,
      EXCHANGE_JWT_INTROSPECT_CLIENT_ID: 'bob',
      EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: secrets.bob,
    },
  };

  const start = (name: Name, index: number): SpawnedService => {
    const [port, managementPort] = ports.slice(index).filter((_port, place) => place % 3 === 0);
    return spawnService(name, { ...environments[name], PORT: String(port), MANAGEMENT_PORT: String(managementPort) });
  };
  const services = {
    authentication: start('authentication', 0),
    'token-validation': start('token-validation', 1),
    'token-exchange': start('token-exchange', 2),
  };
  await Promise.all(Object.values(services).map((service) => service.until('"msg":"ready"')));
  const managed = ports.slice(3).map((port) => `http://127.0.0.1:${port}`);
  return {
    urls: { authentication, 'token-validation': validation, 'token-exchange': exchange },
    managementUrls: {
      authentication: managed[0] ?? '',
      'token-validation': managed[1] ?? '',
      'token-exchange': managed[2] ?? '',
    },
    services,
    wire,
    secrets,
    keys,
    am,
    app,
    relays,
    redis,
    folder,
    spoil: (name) =>
      void file(name, `[{"clientSecret": "${secrets.alice}", ${readFileSync(join(folder, name), 'utf8')}`),
    outputsSoFar: () => [
      ...Object.entries(services).map(([name, service]) => ({ place: `output of ${name}`, text: service.output() })),
      { place: 'audit file', text: readFileSync(join(folder, 'audit.log'), 'utf8') },
    ],
    async stop() {
      for (const { child } of Object.values(services)) child.kill('SIGKILL');
      await Promise.all([...Object.values(relays), issuer, am, app].map((server) => server.close()));
      await Promise.all([opa.stop(), redis.kill()]);
    },
  };
}

/** A Redis with a password, which can die and come back, with another one even. */
async function startRedis(program: string, defaultPassword: string): Promise<LeakageWorld['redis'] & { port: number }> {
  let server: RedisProcess | undefined = await startRedisProcess(program);
  const { port } = server;
  const start = async (password = defaultPassword): Promise<void> => {
    server ??= await startRedisProcess(program, { port });
    await askRedis(port, `CONFIG SET requirepass "${password}"`);
  };
  await start();
  return {
    port,
    start,
    async kill() {
      await server?.stop();
      server = undefined;
    },
  };
}

/** A real OPA with the rules of the repository; without one, whatever would be asked of it fails. */
async function startOpa(): Promise<{ origin: string; stop(): Promise<void> }> {
  const program = await startRealPart(opaProgram, process.env);
  if (program === undefined) return { origin: 'http://127.0.0.1:1', stop: () => Promise.resolve() };
  const opa = await startOpaProcess(program.address);
  const rego = readFileSync(new URL('../../policies/opa/exchange.rego', import.meta.url), 'utf8');
  await putOpaModule(opa.origin, 'exchange', rego);
  await putOpaDocument(opa.origin, 'mandate/policy', opaPolicy);
  return opa;
}
