import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type SharedState, composeSharedState } from '@mandate/composition';
import { readConfig } from '@mandate/service-kit';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import {
  type FixedClock,
  type OpenamStandIn,
  TEST_START,
  type TestHeader,
  type TestKey,
  createTestKey,
  fixedClock,
  openApiDocument,
  signTestToken,
  testDirectory,
} from '@mandate/testing';
import { tokenIdentifier } from '@mandate/token';
import { compose } from '../../src/compose.js';
import { tokenValidationConfig } from '../../src/config.js';

export const OWN = 'https://mandate.example.com';
export const USERS = 'https://users.example.com';
export const IMAGES = 'https://images.example.com';
export const PATH = '/service/introspect';

const clients = [
  { clientId: 'rs', clientSecret: 'rs-secret', scopes: ['introspect'] },
  { clientId: 'rs-images', clientSecret: 'images-secret', scopes: ['introspect'], resourceServerFor: [IMAGES] },
  { clientId: 'rs-own', clientSecret: 'own-secret', scopes: ['introspect'], resourceServerFor: [] },
  { clientId: 'app', clientSecret: 'app-secret', scopes: ['revoke'] },
  { clientId: 'admin', clientSecret: 'admin-secret', scopes: ['revoke', 'revoke-all'] },
  { clientId: 'unscoped', clientSecret: 'unscoped-secret', scopes: ['read'] },
  { clientId: 'caller', clientSecret: 'caller-secret' },
];

const openapi = openApiDocument(new URL('../../openapi.yaml', import.meta.url));

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The JSON body; empty for another type. */
  body: Record<string, unknown>;
}

export type Claims = Readonly<Record<string, unknown>>;
export type FormFields = Readonly<Record<string, string | readonly string[]>>;

export interface ValidationWorld extends LoopbackService {
  clock: FixedClock;
  keys: Record<'own' | 'users', TestKey>;
  /** A token of our own issuer, or of another that `iss` names; each has a `jti` of its own. */
  token(claims?: Claims, header?: TestHeader): string;
  /** A bearer token with the scope `introspect`. */
  bearer(claims?: Claims): string;
  /** Introspects as the client `rs` unless the headers say otherwise. */
  introspect(fields: FormFields, headers?: Record<string, string>): Promise<Answer>;
  /** Revokes as the client `app`, whose tokens {@link token} makes, unless the headers say otherwise. */
  revoke(fields: FormFields, headers?: Record<string, string>): Promise<Answer>;
  send(path: string, init: RequestInit): Promise<Answer>;
  /** What introspection says: `active`. */
  isActive: (token: string) => Promise<unknown>;
  writeIssuers(issuers: readonly object[]): void;
}

/** Introspects by our own keys, and by this AM. */
export const openamVariables = ({ url }: Pick<OpenamStandIn, 'url'>): Record<string, string> => ({
  INTROSPECTION_SERVICES: 'jwt,openam',
  INTROSPECTION_OPENAM_URL: `${url}/oauth2/introspect`,
  INTROSPECTION_OPENAM_CLIENT_ID: 'client1',
  INTROSPECTION_OPENAM_CLIENT_SECRET: 'client1-secret',
  INTROSPECTION_OPENAM_ID_TOKEN_INFO_URL: `${url}/oauth2/idtokeninfo`,
  INTROSPECTION_OPENAM_SESSION_URL: `${url}/json/sessions`,
});

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** The identifier of a token of our own issuer, as tokens derived from it name it. */
export function identifierOf(jti: string, issuer = OWN): string {
  return tokenIdentifier('', { issuer, jwtId: jti });
}

/** What several worlds of one test share: then they are replicas of one another. */
export interface WorldOptions {
  /** What the issuer of users is said to issue. */
  tokens?: 'access' | undefined;
  clock?: FixedClock;
  keys?: ValidationWorld['keys'];
  state?: Partial<SharedState>;
}

export function createKeys(): ValidationWorld['keys'] {
  return { own: createTestKey('ES256'), users: createTestKey('RS256') };
}

/** The real service over HTTP: own and foreign issuer, client file, a key that signs answers; time stands still. */
export async function startValidationWorld(
  env: Record<string, string> = {},
  { clock = fixedClock(), keys = createKeys(), state, tokens }: WorldOptions = {},
): Promise<ValidationWorld> {
  const folder = testDirectory();
  const write = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const foreign = { issuer: USERS, jwks: { keys: [keys.users.publicJwk] }, tokens };
  const config = readConfig(tokenValidationConfig, {
    env: {
      TOKEN_ISSUER: OWN,
      TOKEN_SIGNATURE_JWKS_FILE: write('keys.json', { keys: [keys.own.privateJwk] }),
      TRUSTED_ISSUERS_FILE: write('issuers.json', [foreign]),
      CLIENT_CREDENTIALS_JSON_PATH: write('clients.json', clients),
      RELOAD_INTERVAL_SECONDS: '1',
      // A busy machine is no failure.
      UPSTREAM_TIMEOUT_MS: '20000',
      ...env,
    },
  });
  const running = await startOnLoopback(
    async (runtime) => {
      const composedState = state && { ...(await composeSharedState(config, runtime)), ...state };
      return [await compose(config, runtime, composedState)];
    },
    { clock, env },
  );
  const token: ValidationWorld['token'] = (claims = {}, header) => {
    const key = claims['iss'] === USERS ? keys.users : keys.own;
    const standard = {
      iss: OWN,
      sub: 'alice',
      aud: IMAGES,
      client_id: 'app',
      scope: 'read',
      jti: randomUUID(),
      iat: TEST_START,
    };
    return signTestToken(key, { ...standard, exp: clock() + 600, ...claims }, header);
  };
  const send: ValidationWorld['send'] = (path, init) => sendRequest(running.publicUrl, path, init);
  const introspect: ValidationWorld['introspect'] = (fields, headers = {}) =>
    send(PATH, {
      method: 'POST',
      body: formOf(fields),
      headers: { authorization: basic('rs', 'rs-secret'), ...headers },
    });
  return {
    ...running,
    clock,
    keys,
    token,
    send,
    bearer: (claims) =>
      `Bearer ${token({ client_id: 'caller', sub: 'caller', aud: OWN, scope: 'introspect', ...claims })}`,
    introspect,
    isActive: async (text) => (await introspect({ token: text })).body['active'],
    revoke: (fields, headers = {}) =>
      send('/service/revoke', {
        method: 'POST',
        body: formOf(fields),
        headers: { authorization: basic('app', 'app-secret'), ...headers },
      }),
    writeIssuers: (issuers) => void write('issuers.json', issuers),
  };
}

function formOf(fields: FormFields): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) for (const item of [value].flat()) form.append(name, item);
  return form;
}

/** Sends, and holds the answer against openapi.yaml and against what every answer must have. */
async function sendRequest(origin: string, path: string, init: RequestInit): Promise<Answer> {
  const headers = Object.entries((init.headers ?? {}) as Record<string, string>).filter(([, value]) => value !== '');
  const response = await fetch(`${origin}${path}`, { ...init, headers: Object.fromEntries(headers) });
  const text = await response.text();
  const contentType = response.headers.get('content-type');
  const json = contentType?.startsWith('application/json') === true ? (JSON.parse(text) as Answer['body']) : undefined;
  if (/(introspect|revoke)$/.test(path) && init.method === 'POST') {
    const exchange = { method: 'POST', path, status: response.status, contentType, body: json ?? text };
    expect(openapi.problemsOf(exchange)).toEqual([]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('pragma')).toBe('no-cache');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
  return { status: response.status, headers: response.headers, text, body: json ?? {} };
}
