import {
  TEST_START,
  type TestHeader,
  type TestKey,
  createTestKey,
  fixedClock,
  signTestToken,
  startLoopbackServer,
} from '@mandate/testing';
import { ACCESS_TOKEN, basic, TOKEN_EXCHANGE } from '../end-to-end/post-form.js';
import { startService } from '../end-to-end/start-service.js';
import { createFolder } from '../end-to-end/worlds.js';

/** An issuer of the world, with the one key that the services know of it. */
export interface KnownIssuer {
  issuer: string;
  key: TestKey;
}

export type Claims = Readonly<Record<string, unknown>>;

/** What became of a request: its status and its body, or its `error` alone. */
export interface Verdict {
  status: number;
  body: string;
}

/** token-validation and token-exchange as they run, with five issuers, and a server that nobody may ask. */
export interface TokenWorld {
  issuers: Record<'own' | 'ec' | 'rsa' | 'ed' | 'hmac', KnownIssuer>;
  /** Where a request would go that a token asks for. */
  canary: { origin: string; requests(): number };
  /** Bob's token, good as subject token, actor token and bearer credential alike, unless the claims spoil it. */
  token: (of: KnownIssuer, claims?: Claims, header?: TestHeader) => string;
  introspect(token: string): Promise<Verdict>;
  exchange(fields: Record<string, string>): Promise<Verdict>;
  /** Introspects something with the token as credential. */
  asBearer(token: string): Promise<Verdict>;
  close(): Promise<void>;
}

const TARGET = 'https://images.example.com';
const BASIC = basic('gateway', 'gateway-secret');
const clients = [{ clientId: 'gateway', clientSecret: 'gateway-secret', scopes: ['exchange', 'introspect'] }];
/** Where each known issuer's `bob` may act for anybody. */
const ACTING = 'https://acting.example.com';
const policyFor = (issuers: readonly KnownIssuer[]) => ({
  resources: [
    { patterns: [TARGET], audience: TARGET, scopes: ['introspect'], expirationSeconds: 60 },
    {
      patterns: [ACTING],
      audience: ACTING,
      scopes: ['introspect'],
      expirationSeconds: 60,
      allowedActors: issuers.map(({ issuer }) => ({ iss: issuer, sub: 'bob' })),
    },
  ],
});

function createIssuers(): TokenWorld['issuers'] {
  const issuer = (name: string, alg: string): KnownIssuer => ({
    issuer: `https://${name}.example.com`,
    key: createTestKey(alg, { kid: `${name}-key` }),
  });
  return {
    own: issuer('own', 'ES256'),
    ec: issuer('ec', 'ES256'),
    rsa: issuer('rsa', 'RS256'),
    ed: issuer('ed', 'EdDSA'),
    hmac: issuer('hmac', 'HS256'),
  };
}

export async function startTokenWorld(): Promise<TokenWorld> {
  const issuers = createIssuers();
  const { own, ...foreign } = issuers;
  const folder = createFolder();
  const trustedIssuers = Object.values(foreign).map(({ issuer, key }) => ({
    issuer,
    jwks: { keys: [key.publicJwk] },
    audience: ['gateway'],
    mayAssertMayAct: true,
    mayAssertAct: true,
  }));
  const env = {
    TOKEN_ISSUER: own.issuer,
    TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [own.key.privateJwk] }),
    TRUSTED_ISSUERS_FILE: folder.write('issuers.json', trustedIssuers),
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', policyFor(Object.values(issuers))),
    // The limits have tests of their own; here many requests of one client are wanted.
    RATE_LIMIT: 'off',
  };
  let canaryRequests = 0;
  const canary = await startLoopbackServer((_request, response) => {
    canaryRequests += 1;
    response.end('{}');
  });
  const clock = fixedClock();
  const validation = await startService('token-validation', env, clock);
  const exchange = await startService('token-exchange', env, clock);
  const introspection = `${validation.publicUrl}/service/introspect`;
  return {
    issuers,
    canary: { origin: canary.origin, requests: () => canaryRequests },
    token: (of, claims, header) => signTestToken(of.key, { ...goodClaims(of.issuer), ...claims }, header),
    introspect: (token) => post(introspection, { token }, BASIC),
    exchange: (fields) => post(`${exchange.publicUrl}/service/tokensts`, exchangeForm(fields), BASIC),
    asBearer: (token) => post(introspection, { token: 'x' }, `Bearer ${token}`),
    async close() {
      await Promise.all([validation.stop(), exchange.stop(), canary.close()]);
    },
  };
}

/** What a good token of this issuer says of Bob. */
export function goodClaims(issuer: string): Claims {
  return {
    iss: issuer,
    sub: 'bob',
    aud: 'gateway',
    client_id: 'gateway',
    scope: 'introspect',
    jti: 'j',
    iat: TEST_START,
    exp: TEST_START + 600,
  };
}

function exchangeForm(fields: Record<string, string>): Record<string, string> {
  const form = { grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN, resource: TARGET, ...fields };
  return fields['actor_token'] === undefined ? form : { ...form, actor_token_type: ACCESS_TOKEN, resource: ACTING };
}

async function post(url: string, form: Record<string, string>, authorization: string): Promise<Verdict> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers: { authorization } });
  const body = await response.text();
  const error = response.ok ? undefined : (JSON.parse(body) as { error?: string }).error;
  return { status: response.status, body: error ?? body };
}
