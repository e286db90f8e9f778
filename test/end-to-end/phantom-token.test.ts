import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import {
  createTestKey,
  openamServer,
  openamSession,
  signTestToken,
  startOpenamStandIn,
  startRealPart,
  freePorts,
} from '@mandate/testing';
import { ACCESS_TOKEN, AM_SESSION, type Answer, JWT, basic, exchangeForm, postForm } from './post-form.js';
import { realClock, startService } from './start-service.js';
import { createFolder } from './worlds.js';

const USERS = 'https://users.example.com';
const clients = [
  { clientId: 'exchange', clientSecret: 'exchange-secret', scopes: ['introspect'] },
  { clientId: 'resolver', clientSecret: 'resolver-secret', scopes: ['exchange', 'explain', 'introspect'] },
  { clientId: 'admin', clientSecret: 'admin-secret', scopes: ['revoke', 'revoke-all'] },
];

/** AM, real or not, as somebody logs in there. */
interface Am {
  url: string;
  accessToken(): Promise<string>;
  revoke(token: string): Promise<void>;
  session(): Promise<string>;
  close(): Promise<void>;
}

async function standIn(): Promise<Am> {
  const am = await startOpenamStandIn();
  const members = { sub: 'alice', client_id: 'client1', token_type: 'access_token', iss: `${am.url}/oauth2` };
  return {
    url: am.url,
    accessToken() {
      const token = crypto.randomUUID();
      am.addAccessToken(token, { ...members, scope: 'read write', exp: realClock() + 300 });
      return Promise.resolve(token);
    },
    revoke(token) {
      am.removeAccessToken(token);
      return Promise.resolve();
    },
    session: () => Promise.resolve(am.startSession('alice')),
    close: () => am.close(),
  };
}

async function real(url: string): Promise<Am> {
  const authorization = basic('client1', 'client1-secret');
  const grant = { grant_type: 'password', username: 'alice', password: 'Alice-pass-1', scope: 'read write' };
  return Promise.resolve({
    url,
    accessToken: async () =>
      String((await postForm(`${url}/oauth2/access_token`, grant, authorization)).body['access_token']),
    async revoke(token) {
      await postForm(`${url}/oauth2/token/revoke`, { token }, authorization);
    },
    session: () => openamSession(url, 'alice'),
    close: () => Promise.resolve(),
  });
}

/** token-exchange and token-validation, each at its own address; AM is known to token-validation alone. */
async function startPair(am: Am, env: Record<string, string> = {}) {
  const folder = createFolder();
  const [validation = '', exchange = ''] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
  const users = createTestKey('ES256');
  const shared = {
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
    TRUSTED_ISSUERS_FILE: folder.write('issuers.json', [
      { issuer: USERS, jwks: { keys: [users.publicJwk] } },
      { issuer: exchange, jwksUri: `${exchange}/.well-known/jwks.json`, own: true },
    ]),
    INTROSPECTION_OPENAM_SESSION_URL: `${am.url}/json/realms/root/sessions`,
  };
  const servers = await Promise.all([
    startService('token-validation', {
      ...shared,
      PORT: new URL(validation).port,
      TOKEN_ISSUER: validation,
      INTROSPECTION_SERVICES: 'jwt,openam',
      INTROSPECTION_OPENAM_URL: `${am.url}/oauth2/introspect`,
      INTROSPECTION_OPENAM_CLIENT_ID: 'client1',
      INTROSPECTION_OPENAM_CLIENT_SECRET: 'client1-secret',
    }),
    startService('token-exchange', {
      ...shared,
      PORT: new URL(exchange).port,
      TOKEN_ISSUER: exchange,
      TOKEN_EXCHANGE_POLICIES: 'jwt',
      JWT_POLICY_N_A: 'true',
      TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [createTestKey('RS256').privateJwk] }),
      EXCHANGE_JWT_INTROSPECT_URL: `${validation}/service/introspect`,
      EXCHANGE_JWT_INTROSPECT_CLIENT_ID: 'exchange',
      EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: 'exchange-secret',
      EXCHANGE_JWT_INTROSPECT_ISSUER: `${am.url}/oauth2`,
      ...env,
    }),
  ]);
  return {
    validation,
    exchange,
    logLines: () => servers.flatMap(({ logLines }) => logLines),
    userToken: (claims: object = {}) => {
      const times = { iat: realClock(), exp: realClock() + 300, jti: crypto.randomUUID() };
      return signTestToken(users, { iss: USERS, sub: 'alice', aud: 'resolver', scope: 'read', ...times, ...claims });
    },
    phantom: (
      subject: string,
      fields: Record<string, string> = {},
      authorization = basic('resolver', 'resolver-secret'),
    ) =>
      postForm(
        `${exchange}/service/tokensts`,
        exchangeForm({ subject }, { requested_token_type: JWT, ...fields }),
        authorization,
      ),
    async stop() {
      await Promise.all(servers.map((service) => service.stop()));
    },
  };
}

const realAm = await startRealPart(openamServer, process.env);

describe.each([
  { name: 'a stand-in of AM', start: standIn, isThere: true },
  { name: 'a real AM', start: () => real(realAm?.address ?? ''), isThere: realAm !== undefined },
])('phantom tokens by token-exchange, token-validation and $name', ({ start, isThere }) => {
  const itThere = isThere ? it : it.skip;
  let am: Am;
  let pair: Awaited<ReturnType<typeof startPair>>;
  beforeAll(async () => {
    if (!isThere) return;
    am = await start();
    pair = await startPair(am);
  });
  afterAll(async () => {
    if (!isThere) return;
    await pair.stop();
    await am.close();
  });

  const claimsOf = async ({ body }: Answer): Promise<Record<string, unknown>> => {
    const jwks = (await (await fetch(`${pair.exchange}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
    const token = String(body['access_token']);
    return (await jwtVerify(token, createLocalJWKSet(jwks), { issuer: pair.exchange })).payload;
  };

  itThere('an opaque access token of AM in, our signed JWT out, which anybody can verify and introspect', async () => {
    const answer = await pair.phantom(await am.accessToken());
    expect(answer).toMatchObject({ status: 200, body: { issued_token_type: JWT, token_type: 'N_A' } });
    const claims = await claimsOf(answer);
    const issuer = `${am.url}/oauth2`;
    expect(claims).toMatchObject({ sub: 'alice', sub_id: { iss: issuer, sub: 'alice' }, aud: 'N_A' });
    expect(String(claims['scope']).split(' ').sort()).toEqual(['read', 'write']);
    const introspection = await postForm(
      `${pair.validation}/service/introspect`,
      { token: String(answer.body['access_token']) },
      basic('exchange', 'exchange-secret'),
    );
    expect(introspection.body).toMatchObject({ active: true, iss: pair.exchange, sub: 'alice' });
  });

  itThere('X15 one that AM has revoked, or never knew, is refused on the next request', async () => {
    const token = await am.accessToken();
    expect((await pair.phantom(token)).status).toBe(200);
    await am.revoke(token);
    for (const subject of [token, crypto.randomUUID()]) {
      expect(await pair.phantom(subject)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  itThere('a session of AM in, our signed JWT out', async () => {
    const answer = await pair.phantom(await am.session(), { subject_token_type: AM_SESSION });
    expect(await claimsOf(answer)).toMatchObject({ sub: 'alice', aud: 'N_A', scope: 'N_A' });
  });

  itThere('X11 a JWT is introspected too: revoked at token-validation, it is refused here', async () => {
    const token = pair.userToken();
    expect(await claimsOf(await pair.phantom(token))).toMatchObject({ sub: 'alice', aud: 'resolver', scope: 'read' });
    const revoke = `${pair.validation}/service/revoke`;
    expect((await postForm(revoke, { token }, basic('admin', 'admin-secret'))).status).toBe(200);
    expect(await pair.phantom(token)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  itThere(
    "by the caller's own bearer token, where token-exchange has no account at token-validation (IMS)",
    async () => {
      const noCredentials = { EXCHANGE_JWT_INTROSPECT_CLIENT_ID: '', EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: '' };
      const bare = await startPair(am, noCredentials);
      const bearer = bare.userToken({ sub: 'app', client_id: 'app', scope: 'exchange introspect' });
      const answers = [
        await bare.phantom(await am.accessToken(), {}, `Bearer ${bearer}`),
        await bare.phantom(await am.accessToken()),
      ];
      await bare.stop();
      expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    },
  );

  itThere('without JWT_POLICY_N_A, a token of AM that is for nobody in particular is refused', async () => {
    const strict = await startPair(am, { JWT_POLICY_N_A: 'false' });
    const answer = await strict.phantom(await am.accessToken());
    await strict.stop();
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  itThere('S5 writes no token and no secret to a log', async () => {
    const token = await am.accessToken();
    await pair.phantom(token);
    await pair.phantom(token, { requested_token_type: ACCESS_TOKEN });
    for (const canary of [token, 'exchange-secret', 'client1-secret']) {
      expect(pair.logLines().join('\n')).not.toContain(canary);
    }
  });
});
