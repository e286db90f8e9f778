import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authenticationConfig, compose } from '@mandate/authentication';
import type { Clock, HttpClient } from '@mandate/ports';
import { readConfig } from '@mandate/service-kit';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { TEST_START, type TestKey, createTestKey, openApiDocument, testDirectory } from '@mandate/testing';

export const ISSUER = 'https://as.example.com';
export const FORM = 'application/x-www-form-urlencoded';
export const LONG_SECRET = 's'.repeat(128);

const CLIENTS = [
  {
    clientId: 'c-basic',
    clientSecret: 'secret',
    scopes: ['read', 'write'],
    tokenEndpointAuthMethod: 'client_secret_basic',
  },
  { clientId: 'c-post', clientSecret: 'secret', scopes: ['read'], tokenEndpointAuthMethod: 'client_secret_post' },
  {
    clientId: 'c-any',
    clientSecret: 'secret',
    scopes: ['read', 'write'],
    tokenExpirationSeconds: 120,
    attributes: { tenant: 'blue', sub: 'evil', iss: 'evil', exp: 9_999_999_999, hidden: 1, constructor: 'x' },
  },
  { clientId: 'an:identifier', clientSecret: 'some secure & non-standard secret' },
  { clientId: ' %&+', clientSecret: ' %&+' },
  { clientId: 'secret-expired', clientSecrets: [{ value: 'secret', expiresAt: TEST_START - 1 }] },
  { clientId: 'two-secrets', clientSecrets: [{ value: 'old', expiresAt: TEST_START + 60 }, 'new'], scopes: ['read'] },
  { clientId: 'c-none', tokenEndpointAuthMethod: 'none', scopes: ['read'] },
  { clientId: 'c-long', clientSecret: LONG_SECRET, scopes: ['read'] },
  { clientId: 'c-other-grant', clientSecret: 'secret', grantTypes: ['refresh_token'] },
  { clientId: 'c-audience', clientSecret: 'secret', audiences: ['https://api.example.com'], scopes: ['read'] },
  { clientId: 'ü@日本', clientSecret: 'pässwörd', scopes: ['read'] },
];

export interface Authentication extends LoopbackService {
  key: TestKey;
  post(form: Record<string, string> | string, options?: PostOptions): Promise<Answer>;
}

export interface PostOptions {
  path?: string;
  headers?: Record<string, string>;
  basic?: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface AuthenticationOptions {
  /** What signs tokens. */
  key?: TestKey;
  /** Default: time stands still at TEST_START. */
  clock?: Clock;
  /** Client records instead of the usual ones. */
  clients?: readonly object[];
  http?: HttpClient;
}

/** The real service over a client file, on loopback. */
export async function startAuthentication(
  env: Record<string, string> = {},
  { key = createTestKey('ES256'), clock = () => TEST_START, clients = CLIENTS, http }: AuthenticationOptions = {},
): Promise<Authentication> {
  const clientsPath = join(testDirectory(), 'clients.json');
  writeFileSync(clientsPath, JSON.stringify(clients));
  const config = readConfig(authenticationConfig, {
    env: {
      TOKEN_ISSUER: ISSUER,
      TOKEN_SIGNATURE_JWK_BASE64: Buffer.from(JSON.stringify(key.privateJwk)).toString('base64'),
      CLIENT_CREDENTIALS_JSON_PATH: clientsPath,
      // A busy machine is no failure.
      UPSTREAM_TIMEOUT_MS: '20000',
      ...env,
    },
  });
  const service = await startOnLoopback(async (runtime) => [await compose(config, runtime)], {
    clock,
    env,
    ...(http && { http }),
  });
  return {
    ...service,
    key,
    post: (form, options) => post(service.publicUrl, form, options),
  };
}

async function post(base: string, form: Record<string, string> | string, options: PostOptions = {}): Promise<Answer> {
  const { path = '/service/access_token', basic } = options;
  const response = await fetch(base + path, {
    method: 'POST',
    headers: {
      'Content-Type': FORM,
      ...(basic !== undefined && { Authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
      ...options.headers,
    },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });
  const body = (await response.json()) as Record<string, unknown>;
  if (response.status !== 404) checkAgainstOpenApi(`POST ${path}`, response, body);
  return { status: response.status, headers: response.headers, body };
}

const openApi = openApiDocument(new URL('../../openapi.yaml', import.meta.url));

/** Holds the response to a request, for instance `GET /path`, against openapi.yaml. */
export function checkAgainstOpenApi(request: string, response: Response, body: unknown): void {
  const [method = '', path = ''] = request.split(/[ ?]/);
  const exchange = { method, path, body };
  const contentType = response.headers.get('content-type');
  const problems = openApi.problemsOf({ ...exchange, status: response.status, contentType });
  if (problems.length > 0) throw new Error(`The response is not as openapi.yaml says: ${problems.join('; ')}`);
}

/** What came of a request: its status, and its error if there is one. */
export const outcome = ({ status, body }: Answer): [number, unknown] => [status, body['error']];

export const GRANT = { grant_type: 'client_credentials' };
