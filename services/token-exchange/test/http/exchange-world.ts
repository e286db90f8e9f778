import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ReplayStore } from '@mandate/clients';
import { type DelegationStore, createMemoryDelegationStore } from '@mandate/delegations';
import { composeSharedState } from '@mandate/composition';
import type { HttpClient } from '@mandate/ports';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createMemoryRevocationStore, type RevocationStore, tokenIdentifier } from '@mandate/token';
import {
  createTestKey,
  type FixedClock,
  fixedClock,
  openApiDocument,
  signTestToken,
  TEST_START,
  type TestHeader,
  type TestKey,
} from '@mandate/testing';
import { compose } from '../../src/compose.js';
import { tokenExchangeConfig } from '../../src/config.js';

export const OWN = 'https://mandate.example.com';
export const USERS = 'https://users.example.com';
/** Trusted, but may assert neither `may_act` nor `act`. */
export const WEAK = 'https://weak.example.com';
/** Trusted, but may not say who is there. */
export const SILENT = 'https://silent.example.com';
export const IMAGES = 'https://images.example.com';

const TYPE = 'urn:ietf:params:oauth:token-type:';
export const ACCESS_TOKEN = `${TYPE}access_token`;
export const ID_TOKEN = `${TYPE}id_token`;
export const JWT = `${TYPE}jwt`;

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export const GATEWAY = basic('gateway', 'gateway-secret');
export const BATCH = basic('batch', 'batch-secret');

const clients = [
  {
    clientId: 'untargeted',
    clientSecret: 'untargeted-secret',
    scopes: ['exchange', 'explain'],
    defaultTargets: ['https://images.example.com/photos', { audience: 'https://images.example.com' }],
  },
  {
    clientId: 'gateway',
    clientSecret: 'gateway-secret',
    scopes: ['exchange', 'explain'],
    attributes: { tenant: 'blue' },
  },
  { clientId: 'other', clientSecret: 'other-secret', scopes: ['exchange'] },
  { clientId: 'resolver', clientSecret: 'resolver-secret', scopes: ['exchange', 'explain', 'introspect'] },
  { clientId: 'unscoped', clientSecret: 'unscoped-secret', scopes: ['read'] },
  {
    clientId: 'no-exchange',
    clientSecret: 'no-exchange-secret',
    scopes: ['exchange', 'explain'],
    grantTypes: ['client_credentials'],
  },
];

/** Clients that sign: `batch` may assert some people, `importer` all, `signer` nobody. */
function signingClients(key: TestKey): object[] {
  const jwks = { keys: [key.publicJwk] };
  const scopes = ['exchange', 'explain'];
  return [
    { clientId: 'batch', clientSecret: 'batch-secret', jwks, scopes, mayAssertUsers: { subs: ['alice', 'test*'] } },
    { clientId: 'importer', clientSecret: 'importer-secret', jwks, scopes, mayAssertUsers: true },
    { clientId: 'signer', clientSecret: 'signer-secret', jwks, scopes },
  ];
}

/** Read and write at images for `bob`, whoever is the subject. */
export const imagesRule = {
  id: 'images',
  patterns: [`${IMAGES}/*`],
  audience: IMAGES,
  scopes: ['read', 'write'],
  expirationSeconds: 120,
};

export type Claims = Record<string, unknown>;
export type FormFields = Record<string, string | string[] | undefined>;

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface ExchangeWorld {
  clock: FixedClock;
  revocations: RevocationStore;
  delegations: DelegationStore;
  keys: Record<'own' | 'users' | 'weak' | 'client', TestKey>;
  logLines: readonly string[];
  /** An access token for the gateway with scopes `read write`, from {@link USERS} unless `iss` says otherwise. */
  token(claims?: Claims, header?: TestHeader): string;
  /** Exchanges with the gateway's credentials: alice's token at images unless the fields say otherwise. */
  exchange(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  /** Hands in an assertion with the gateway's credentials: alice's at images unless the fields say otherwise. */
  assert(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  /** A JWT by which the client `batch` says that alice is there, signed with the key of every client that signs. */
  clientAssertion(claims?: Claims, header?: TestHeader): string;
  explain(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, fields: FormFields, headers?: Record<string, string>): Promise<Answer>;
  metrics(): Promise<string>;
  writePolicy(...resources: object[]): void;
  /** The first key signs from the next look at the file on. */
  writeKeys(...keys: TestKey[]): void;
  url: string;
  managementUrl: string;
  close(): Promise<void>;
}

export function basic(id: string, secret: string): string {
  const half = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  return `Basic ${Buffer.from(`${half(id)}:${half(secret)}`).toString('base64')}`;
}

export interface ExchangeWorldOptions {
  revocations?: RevocationStore;
  replays?: ReplayStore;
  delegations?: DelegationStore;
  /** Client records beside the usual ones. */
  clients?: readonly object[];
  http?: HttpClient;
}

/** Starts token-exchange over HTTP with real adapters, three issuers, three clients, and these policy rules. */
export async function startExchangeWorld(
  rules: readonly object[] = [imagesRule],
  env: Record<string, string> = {},
  { clients: more = [], http, ...options }: ExchangeWorldOptions = {},
): Promise<ExchangeWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'mandate-exchange-'));
  const write = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const keys = {
    own: createTestKey('ES256'),
    users: createTestKey('ES256'),
    weak: createTestKey('RS256'),
    client: createTestKey('ES256'),
  };
  const jwks = (key: TestKey) => ({ keys: [key.publicJwk] });
  const policyFile = write('policy.json', { resources: rules });
  const clock = fixedClock();
  const config = readConfig(tokenExchangeConfig, {
    env: {
      TOKEN_ISSUER: OWN,
      TOKEN_SIGNATURE_JWKS_FILE: write('keys.json', { keys: [keys.own.privateJwk] }),
      TRUSTED_ISSUERS_FILE: write('issuers.json', [
        { issuer: USERS, jwks: jwks(keys.users), mayAssertMayAct: true, mayAssertAct: true, mayAssertUsers: true },
        { issuer: WEAK, jwks: jwks(keys.weak), mayAssertUsers: true },
        { issuer: SILENT, jwks: jwks(keys.weak) },
      ]),
      CLIENT_CREDENTIALS_JSON_PATH: write('clients.json', [...clients, ...signingClients(keys.client), ...more]),
      EXCHANGE_POLICY_JSON_CONFIG_PATH: policyFile,
      DEFAULT_ACTOR_ISSUERS: USERS,
      ASSERTED_SUBJECT_ISSUER: USERS,
      ACT_AS_SUBJECT_ISSUER: USERS,
      RELOAD_INTERVAL_SECONDS: '1',
      UPSTREAM_TIMEOUT_MS: '20000',
      ...env,
    },
  });
  const revocations = options.revocations ?? createMemoryRevocationStore({ clock });
  const delegations = options.delegations ?? createMemoryDelegationStore({ clock });
  const running = await startOnLoopback(
    async (runtime) => {
      const shared = { ...(await composeSharedState(config, runtime)), ...options, revocations, delegations };
      return [await compose(config, runtime, { state: shared })];
    },
    { clock, env, ...(http && { http }) },
  );

  const token = (claims: Claims = {}, header: TestHeader = {}): string => {
    const issuer = claims['iss'] ?? USERS;
    const key = issuer === OWN ? keys.own : issuer === WEAK || issuer === SILENT ? keys.weak : keys.users;
    return signTestToken(key, { ...standardClaims(), iss: USERS, ...claims }, header);
  };
  const post: ExchangeWorld['post'] = (path, fields, headers = {}) =>
    send(`${running.publicUrl}${path}`, fields, { authorization: GATEWAY, ...headers });
  const usual = (fields: FormFields): FormFields => ({
    grant_type: TOKEN_EXCHANGE,
    subject_token: token(),
    subject_token_type: ACCESS_TOKEN,
    resource: `${IMAGES}/photos`,
    ...fields,
  });
  return {
    clock,
    revocations,
    delegations,
    keys,
    token,
    post,
    logLines: running.logLines,
    url: running.publicUrl,
    managementUrl: running.managementUrl,
    assert: (fields = {}, headers) =>
      post(
        '/service/tokensts',
        { grant_type: JWT_BEARER, assertion: token(), resource: `${IMAGES}/photos`, ...fields },
        headers,
      ),
    clientAssertion: (claims = {}, header = {}) =>
      signTestToken(
        keys.client,
        { iss: 'batch', sub: 'alice', aud: OWN, iat: TEST_START, exp: TEST_START + 60, jti: randomUUID(), ...claims },
        { typ: 'JWT', ...header },
      ),
    exchange: (fields = {}, headers) => post('/service/tokensts', usual(fields), headers),
    explain: (fields = {}, headers) => post('/service/explain', usual(fields), headers),
    metrics: async () => (await fetch(`${running.managementUrl}/metrics`)).text(),
    writePolicy: (...resources) => void write('policy.json', { resources }),
    writeKeys: (...signing) => void write('keys.json', { keys: signing.map(({ privateJwk }) => privateJwk) }),
    close: async () => {
      await running.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What an actor named `sub` presents: an access token for the gateway. */
export function actorFields(world: ExchangeWorld, claims: Claims = {}): FormFields {
  return { actor_token: world.token({ sub: 'bob', ...claims }), actor_token_type: ACCESS_TOKEN };
}

export function issuedClaims(answer: Answer): Claims {
  return decodeJwt(String(answer.body['access_token']));
}

/** The identifier of a token with these claims. */
export function identifierOf({ iss, jti }: Claims): string {
  return tokenIdentifier('', { issuer: String(iss), jwtId: String(jti) });
}

export function issuedHeader(answer: Answer): Claims {
  return { ...decodeProtectedHeader(String(answer.body['access_token'])) };
}

function standardClaims(): Claims {
  return {
    sub: 'alice',
    aud: 'gateway',
    client_id: 'gateway',
    scope: 'read write',
    iat: TEST_START,
    exp: TEST_START + 600,
    jti: randomUUID(),
  };
}

const openapi = openApiDocument(new URL('../../openapi.yaml', import.meta.url));

/** Every answer is held against openapi.yaml. */
async function send(url: string, fields: FormFields, headers: Record<string, string>): Promise<Answer> {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const item of [value ?? []].flat()) form.append(name, item);
  }
  const response = await fetch(url, { method: 'POST', body: form, headers: withoutEmpty(headers) });
  const text = await response.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const answer = { status: response.status, headers: response.headers, body };
  const contentType = response.headers.get('content-type');
  const { pathname: path } = new URL(url);
  const problems = openapi.problemsOf({ ...answer, method: 'POST', path, contentType });
  if (problems.length > 0) throw new Error(`The answer is not as openapi.yaml says: ${problems.join('; ')}`);
  return answer;
}

function withoutEmpty(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
}
