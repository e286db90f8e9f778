import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createTestKey, freePorts, testDirectory } from '@mandate/testing';
import { compose as composeStandalone } from '../../services/standalone/src/compose.js';
import { standaloneConfig } from '../../services/standalone/src/config.js';
import { realClock, startService } from './start-service.js';

/** Mandate as a client sees it: three addresses, which are also issuers. In the standalone they are one. */
export interface World {
  authentication: string;
  tokenValidation: string;
  tokenExchange: string;
  /** Where the metrics of each are, in that order. */
  management: readonly string[];
  /** Where its files are, until it is stopped. */
  folder: Folder;
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

export interface Folder {
  write(name: string, content: unknown): string;
  path: string;
}

/** A folder for one world. */
export function createFolder(): Folder {
  const path = testDirectory();
  return {
    path,
    write(name, content) {
      writeFileSync(join(path, name), JSON.stringify(content));
      return join(path, name);
    },
  };
}

type Addresses = Pick<World, 'authentication' | 'tokenValidation' | 'tokenExchange'>;

/** The three services, each with its own address, issuer and key, which they fetch over HTTP; `variables` win, files included. */
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
  const servers = await Promise.all([
    startService('authentication', {
      ...shared,
      PORT: new URL(authentication).port,
      TOKEN_ISSUER: authentication,
      TOKEN_SIGNATURE_JWKS_FILE: key('authentication', 'RS256'),
      ACT_AS_EXCHANGE_URL: `${tokenExchange}/oauth2/token`,
    }),
    startService('token-validation', {
      ...shared,
      PORT: new URL(tokenValidation).port,
      TOKEN_ISSUER: tokenValidation,
      TOKEN_SIGNATURE_JWKS_FILE: key('validation', 'ES256'),
    }),
    startService('token-exchange', {
      ...shared,
      PORT: new URL(tokenExchange).port,
      TOKEN_ISSUER: tokenExchange,
      TOKEN_SIGNATURE_JWKS_FILE: key('exchange', 'EdDSA'),
      ACT_AS_SUBJECT_ISSUER: USERS,
    }),
  ]);
  return {
    authentication,
    tokenValidation,
    tokenExchange,
    management: servers.map(({ managementUrl }) => managementUrl),
    folder,
    async stop() {
      await Promise.all(servers.map((service) => service.stop()));
    },
  };
}

/** What a world has in its files instead of the clients and the policy of all worlds. */
interface WorldFiles {
  clients?: object[];
  policy?: object;
  issuers?: object[];
  keys?: object[];
}

/** All three in one process on one address. */
export async function startStandalone(env: Record<string, string> = {}, files: WorldFiles = {}): Promise<World> {
  const folder = createFolder();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const config = readConfig(standaloneConfig, {
    env: {
      PORT: String(port),
      DEVELOPMENT_KEYS_DIRECTORY: join(folder.path, 'keys'),
      CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', files.clients ?? clients),
      EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', files.policy ?? policyFor(url)),
      ...(files.issuers && { TRUSTED_ISSUERS_FILE: folder.write('issuers.json', files.issuers) }),
      ...(files.keys && { TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: files.keys }) }),
      ...env,
    },
  });
  const server = await startOnLoopback((runtime) => composeStandalone(config, runtime), {
    clock: realClock,
    env: { PORT: String(port) },
  });
  return {
    authentication: url,
    tokenValidation: url,
    tokenExchange: url,
    management: [server.managementUrl],
    folder,
    stop: () => server.stop(),
  };
}
