import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authenticationConfig, compose as composeAuthentication } from '@mandate/authentication';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createTestKey, freePorts } from '@mandate/testing';
import { compose as composeTokenExchange, tokenExchangeConfig } from '@mandate/token-exchange';
import { compose as composeTokenValidation, tokenValidationConfig } from '@mandate/token-validation';
import { compose as composeStandalone } from '../../services/standalone/src/compose.js';
import { standaloneConfig } from '../../services/standalone/src/config.js';

/** Mandate as a client sees it: three addresses, which are also issuers. In the standalone they are one. */
export interface World {
  authentication: string;
  tokenValidation: string;
  tokenExchange: string;
  /** Where the metrics of each are, in that order. */
  management: readonly string[];
  stop(): Promise<void>;
}

export const IMAGES = 'https://images.example.com';
export const RESOURCE = 'http://images.example.com:*/*';
/** A trusted issuer of the trio whose keys cannot be had. */
export const DOWN = 'http://127.0.0.1:1';
/** A trusted issuer of people, and its key. */
export const USERS = 'https://users.example.com';
export const USER_KEY = createTestKey('ES256');
export const USER_ISSUER = { issuer: USERS, jwks: { keys: [USER_KEY.publicJwk] } };
/** An application that testers may use as test users. */
export const TESTED_APP = 'https://app.example.com';
/** Every client's secret. */
export const SECRET = 'a secret of 100% + more:';

/** The key of `carol`, who has no secret. */
export const CLIENT_KEY = createTestKey('ES256');

const clients = [
  { clientId: 'alice', clientSecret: SECRET, scopes: ['read', 'write'], audiences: ['bob', 'mallory'] },
  { clientId: 'bob', clientSecret: SECRET, scopes: ['exchange', 'introspect', 'explain', 'revoke'] },
  { clientId: 'mallory', clientSecret: SECRET, scopes: ['exchange', 'explain'] },
  { clientId: 'tester', clientSecret: SECRET, scopes: ['read'] },
  { clientId: 'dave', clientSecret: SECRET, scopes: ['read'] },
  {
    clientId: 'carol',
    jwks: { keys: [CLIENT_KEY.publicJwk] },
    tokenEndpointAuthMethod: 'private_key_jwt',
    scopes: ['read', 'exchange', 'introspect'],
  },
];

/** Bob may read and write Alice's images; the issuer of both is the authentication service. */
const policyFor = (issuer: string) => ({
  resources: [
    {
      id: 'images',
      patterns: [RESOURCE],
      audience: IMAGES,
      scopes: ['read', 'write'],
      expirationSeconds: 120,
      allowedActors: [{ iss: issuer, sub: 'bob' }],
    },
    {
      id: 'testers',
      patterns: [TESTED_APP],
      audience: TESTED_APP,
      scopes: ['read'],
      actAs: true,
      allowedActors: [
        { iss: issuer, sub: 'tester' },
        { iss: USERS, sub: 'tester' },
      ],
      subjects: { subs: ['test*'] },
    },
  ],
});

/** Independent clients judge by the real time. */
const clock = () => Math.floor(Date.now() / 1000);

export interface Folder {
  write(name: string, content: unknown): string;
  path: string;
  remove(): void;
}

/** A folder for one world. */
export function createFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'mandate-world-'));
  return {
    path,
    write(name, content) {
      writeFileSync(join(path, name), JSON.stringify(content));
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}

type Addresses = Pick<World, 'authentication' | 'tokenValidation' | 'tokenExchange'>;

/** The three services, each with its own address, issuer and key, which they fetch over HTTP; `more` wins, files included. */
export async function startTrio(variables: (at: Addresses) => Record<string, string> = () => ({})): Promise<World> {
  const folder = createFolder();
  const ports = await freePorts(3);
  const [authentication = '', tokenValidation = '', tokenExchange = ''] = ports.map(
    (port) => `http://127.0.0.1:${port}`,
  );
  const key = (name: string, alg: string) => folder.write(`${name}.json`, { keys: [createTestKey(alg).privateJwk] });
  const ownIssuer = (issuer: string) => ({ issuer, jwksUri: `${issuer}/.well-known/jwks.json`, own: true });
  const shared = {
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', policyFor(authentication)),
    DEFAULT_ACTOR_ISSUERS: authentication,
    TRUSTED_ISSUERS_FILE: folder.write('issuers.json', [
      ...[authentication, tokenExchange, DOWN].map(ownIssuer),
      USER_ISSUER,
    ]),
    ...variables({ authentication, tokenValidation, tokenExchange }),
  };
  const env = {
    authentication: {
      ...shared,
      TOKEN_ISSUER: authentication,
      TOKEN_SIGNATURE_JWKS_FILE: key('authentication', 'RS256'),
      ACT_AS_EXCHANGE_URL: `${tokenExchange}/oauth2/token`,
    },
    tokenValidation: {
      ...shared,
      TOKEN_ISSUER: tokenValidation,
      TOKEN_SIGNATURE_JWKS_FILE: key('validation', 'ES256'),
    },
    tokenExchange: {
      ...shared,
      TOKEN_ISSUER: tokenExchange,
      TOKEN_SIGNATURE_JWKS_FILE: key('exchange', 'EdDSA'),
      ACT_AS_SUBJECT_ISSUER: USERS,
    },
  };
  const optionsOf = (index: number) => ({ clock, env: { PORT: String(ports[index]) } });
  const servers = await Promise.all([
    startOnLoopback(
      async (runtime) => [
        await composeAuthentication(readConfig(authenticationConfig, { env: env.authentication }), runtime),
      ],
      optionsOf(0),
    ),
    startOnLoopback(
      async (runtime) => [
        await composeTokenValidation(readConfig(tokenValidationConfig, { env: env.tokenValidation }), runtime),
      ],
      optionsOf(1),
    ),
    startOnLoopback(
      async (runtime) => [
        await composeTokenExchange(readConfig(tokenExchangeConfig, { env: env.tokenExchange }), runtime),
      ],
      optionsOf(2),
    ),
  ]);
  return {
    authentication,
    tokenValidation,
    tokenExchange,
    management: servers.map(({ managementUrl }) => managementUrl),
    async stop() {
      await Promise.all(servers.map((service) => service.stop()));
      folder.remove();
    },
  };
}

/** All three in one process on one address, with these clients and this policy. */
export async function startStandalone(env: Record<string, string> = {}): Promise<World> {
  const folder = createFolder();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const config = readConfig(standaloneConfig, {
    env: {
      PORT: String(port),
      DEVELOPMENT_KEYS_DIRECTORY: join(folder.path, 'keys'),
      CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
      EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', policyFor(url)),
      ...env,
    },
  });
  const server = await startOnLoopback((runtime) => composeStandalone(config, runtime), {
    clock,
    env: { PORT: String(port) },
  });
  return {
    authentication: url,
    tokenValidation: url,
    tokenExchange: url,
    management: [server.managementUrl],
    async stop() {
      await server.stop();
      folder.remove();
    },
  };
}
