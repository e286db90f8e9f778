import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
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
  testDirectory,
} from '@mandate/testing';
import { compose } from '../../src/compose.js';
import { tokenExchangeConfig } from '../../src/config.js';
import { closeAfterTests } from '../after-tests.js';
import { clientRecords } from './client-records.js';

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

/** The headers of a client whose secret is named after it. */
export const credentialsOf = (clientId: string) => ({ authorization: basic(clientId, `${clientId}-secret`) });
export const GATEWAY = credentialsOf('gateway');
export const BATCH = credentialsOf('batch');
export const RESOLVER = credentialsOf('resolver');
export const OTHER = credentialsOf('other');

/** Read and write at images for `bob`, whoever is the subject. */
export const imagesRule = {
  id: 'images',
  patterns: [`${IMAGES}/*`],
  audience: IMAGES,
  scopes: ['read', 'write'],
  expirationSeconds: 120,
};

/** A rule for `urn:<id>` that grants `read` there, with these members beside or in place of its own. */
export const ruleAt = (id: string, members: object = {}) => ({
  id,
  patterns: [`urn:${id}`],
  audience: id,
  scopes: ['read'],
  ...members,
});

export type Claims = Record<string, unknown>;
export type FormFields = Record<string, string | string[] | undefined>;

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** What an exchange answers where a server that it needs fails. */
export const UNAVAILABLE = { status: 503, body: { error: 'temporarily_unavailable' } };

export interface ExchangeWorld {
  clock: FixedClock;
  revocations: RevocationStore;
  delegations: DelegationStore;
  keys: Record<'own' | 'users' | 'weak' | 'client', TestKey>;
  logLines: readonly string[];
  /** The same, parsed. */
  logRecords(): Claims[];
  /** Those that are audit events. */
  events(): Claims[];
  /** An access token for the gateway with scopes `read write`, from {@link USERS} unless `iss` says otherwise. */
  token(claims?: Claims, header?: TestHeader): string;
  /** What bob presents as an actor, or whom the claims say: an access token for the gateway. */
  actorFields(claims?: Claims): FormFields;
  /** Exchanges with the gateway's credentials: alice's token at images unless the fields say otherwise. */
  exchange(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  /** Hands in an assertion with the gateway's credentials: alice's at images unless the fields say otherwise. */
  assert(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  /** A JWT by which the client `batch` says that alice is there, signed with the key of every client that signs. */
  clientAssertion(claims?: Claims, header?: TestHeader): string;
  explain(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  /** What {@link assert} would come to. */
  explainAssertion(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  metrics(): Promise<string>;
  /** What `/readyz?verbose` says. */
  readiness(): Promise<{ status: number; body: Claims; parts: Record<string, Claims> }>;
  /** Revokes the token or the grant of this identifier. */
  revoke(id: unknown): Promise<void>;
  writePolicy(...resources: object[]): void;
  /** The first key signs from the next look at the file on. */
  writeKeys(...keys: TestKey[]): void;
  url: string;
  close(): Promise<void>;
}

export function basic(id: string, secret: string): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

export interface ExchangeWorldOptions {
  revocations?: RevocationStore;
  replays?: ReplayStore;
  delegations?: DelegationStore;
  /** Client records beside the usual ones. */
  clients?: readonly object[];
  http?: HttpClient;
}

/** Starts token-exchange over HTTP, with real adapters and these policy rules, until after the tests of the file. */
export async function startExchangeWorld(
  rules: readonly object[] = [imagesRule],
  env: Record<string, string> = {},
  { clients = [], http, ...options }: ExchangeWorldOptions = {},
): Promise<ExchangeWorld> {
  const folder = testDirectory();
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
      CLIENT_CREDENTIALS_JSON_PATH: write('clients.json', [...clientRecords(keys.client), ...clients]),
      EXCHANGE_POLICY_JSON_CONFIG_PATH: write('policy.json', { resources: rules }),
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
  const service = await startOnLoopback(
    async (runtime) => {
      const state = { ...(await composeSharedState(config, runtime)), ...options, revocations, delegations };
      return [await compose(config, runtime, { state })];
    },
    { clock, env, ...(http && { http }) },
  );

  const token = (claims: Claims = {}, header: TestHeader = {}): string => {
    const issuer = claims['iss'] ?? USERS;
    const key = issuer === OWN ? keys.own : issuer === WEAK || issuer === SILENT ? keys.weak : keys.users;
    return signTestToken(key, { ...standardClaims(), iss: USERS, ...claims }, header);
  };
  const target = { resource: `${IMAGES}/photos` };
  const exchangeForm = (fields?: FormFields): FormFields => ({
    grant_type: TOKEN_EXCHANGE,
    subject_token: token(),
    subject_token_type: ACCESS_TOKEN,
    ...target,
    ...fields,
  });
  const assertionForm = (fields?: FormFields): FormFields => ({
    grant_type: JWT_BEARER,
    assertion: token(),
    ...target,
    ...fields,
  });
  const post =
    (path: string, form: typeof exchangeForm): ExchangeWorld['exchange'] =>
    (fields, headers) =>
      send(`${service.publicUrl}${path}`, form(fields), { ...GATEWAY, ...headers });
  const logRecords = () => service.logLines.map((line) => JSON.parse(line) as Claims);
  return closeAfterTests<ExchangeWorld>({
    clock,
    revocations,
    delegations,
    keys,
    token,
    actorFields: (claims) => ({ actor_token: token({ sub: 'bob', ...claims }), actor_token_type: ACCESS_TOKEN }),
    logLines: service.logLines,
    logRecords,
    events: () => logRecords().filter(({ hash }) => hash !== undefined),
    url: service.publicUrl,
    exchange: post('/service/tokensts', exchangeForm),
    assert: post('/service/tokensts', assertionForm),
    explain: post('/service/explain', exchangeForm),
    explainAssertion: post('/service/explain', assertionForm),
    clientAssertion: (claims = {}, header = {}) =>
      signTestToken(
        keys.client,
        { iss: 'batch', sub: 'alice', aud: OWN, iat: TEST_START, exp: TEST_START + 60, jti: randomUUID(), ...claims },
        { typ: 'JWT', ...header },
      ),
    metrics: async () => (await fetch(`${service.managementUrl}/metrics`)).text(),
    readiness: async () => {
      const response = await fetch(`${service.managementUrl}/readyz?verbose`);
      const body = (await response.json()) as { parts: Record<string, Claims> };
      return { status: response.status, body, parts: body.parts };
    },
    revoke: (id) => revocations.revoke([{ kind: 'token', id: String(id), expiresAt: TEST_START + 3600 }]),
    writePolicy: (...resources) => void write('policy.json', { resources }),
    writeKeys: (...signingKeys) => void write('keys.json', { keys: signingKeys.map(({ privateJwk }) => privateJwk) }),
    close: () => service.stop(),
  });
}

export const issuedToken = (answer: Answer): string => String(answer.body['access_token']);

export function issuedClaims(answer: Answer): Claims {
  return decodeJwt(issuedToken(answer));
}

export interface Check {
  check: string;
  outcome: string;
  facts: Claims;
}

/** The checks of an explanation. */
export const checksOf = ({ body }: Answer): Check[] => body['checks'] as Check[];

/** The identifier of a token with these claims. */
export function identifierOf({ iss, jti }: Claims): string {
  return tokenIdentifier('', { issuer: String(iss), jwtId: String(jti) });
}

export function issuedHeader(answer: Answer): Claims {
  return { ...decodeProtectedHeader(issuedToken(answer)) };
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
