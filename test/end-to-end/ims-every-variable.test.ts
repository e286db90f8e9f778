import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestKey, OPENAM_TEST_POLICY_SET, type OpenamStandIn, startOpenamStandIn } from '@mandate/testing';
import { tableRows } from '../documents/markdown.js';
import { basic, exchangeForm, postForm } from './post-form.js';
import { type SpawnedTrio, spawnTrio, type TrioName } from './spawned-service.js';
import { createFolder } from './worlds.js';

/** Whom the policies of the AM in tests know. */
const ISSUER = 'https://users.example.com';
const folder = createFolder();
const key = createTestKey('HS256');
const jwkBase64 = Buffer.from(JSON.stringify({ ...key.privateJwk, kty: 'OCT', use: 'sig' })).toString('base64');

const clients = [
  { clientId: 'alice', clientSecret: 'alice-secret', scopes: ['read', 'write'], audiences: ['bob'] },
  { clientId: 'bob', clientSecret: 'bob-secret', scopes: ['exchange', 'introspect'], attributes: { team: 'photos' } },
];
const policy = { resources: [{ patterns: ['files-*'], audience: 'files', scopes: ['read'], allowedActors: ['bob'] }] };

function variables(am: string): Record<TrioName, Record<string, string>> {
  const accounts = { INFO_ACCOUNT_PASSWORD: 'info-secret', METRICS_ACCOUNT_PASSWORD: 'metrics-secret' };
  const issuerVariables = {
    ...accounts,
    TOKEN_ISSUER: ISSUER,
    TOKEN_SIGNATURE_JWK_BASE64: jwkBase64,
    TOKEN_DEFAULT_EXPIRATION_SECONDS: '600',
  };
  const trust = {
    ISSUER_JWK_STORE: 'json,openid',
    ISSUER_JWK_JSON_ISSUER_URI: ISSUER,
    ISSUER_JWK_JSON_JWK_BASE64: jwkBase64,
    ISSUER_JWK_OPENID_URL: `${am}/oauth2`,
  };
  return {
    authentication: {
      ...issuerVariables,
      TOKEN_AUDIENCE: 'https://api.example.com',
      TOKEN_SUPPORTED_ADDITIONAL_CLAIMS: 'team',
      CLIENT_CREDENTIALS_STORE: 'json',
      CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
      CLIENT_SECRET_SECURITY_SCHEME: 'none',
    },
    'token-validation': {
      ...accounts,
      ...trust,
      INTROSPECTION_SERVICES: 'json,openam',
      INTROSPECTION_REQUIRED_SCOPE: 'introspect',
      INTROSPECTION_OPENAM_URL: `${am}/oauth2/introspect`,
      INTROSPECTION_OPENAM_CLIENT_ID: 'client1',
      INTROSPECTION_OPENAM_CLIENT_SECRET: 'client1-secret',
      INTROSPECTION_OPENAM_ID_TOKEN_INFO_URL: `${am}/oauth2/idtokeninfo`,
      INTROSPECTION_OPENAM_SESSION_URL: `${am}/json/sessions`,
    },
    'token-exchange': {
      ...issuerVariables,
      ...trust,
      TOKEN_EXCHANGE_REQUIRED_SCOPE: 'exchange',
      TOKEN_EXCHANGE_POLICIES: 'json,jwt,openam,opa',
      EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', policy),
      EXCHANGE_POLICY_OPA_URL: 'http://127.0.0.1:9/v0/data/forgerock/exchange/match',
      EXCHANGE_JWT_INTROSPECT_URL: 'http://127.0.0.1:9/service/introspect',
      EXCHANGE_OPENAM_AUTH_URL: `${am}/json/authenticate`,
      EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'policy',
      EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'Policy-pass-1',
      EXCHANGE_OPENAM_POLICY_URL: `${am}/json/realms/root/policies`,
      EXCHANGE_OPENAM_POLICY_SET_ID: OPENAM_TEST_POLICY_SET,
      EXCHANGE_OPENAM_COOKIE_NAME: 'iPlanetDirectoryPro',
      EXCHANGE_OPENAM_POLICY_AUDIENCE_ATTR: 'aud',
      EXCHANGE_OPENAM_POLICY_SCOPE_ATTR: 'scp',
      EXCHANGE_OPENAM_POLICY_SUBJECT_ATTR: 'uid',
      EXCHANGE_OPENAM_POLICY_ALLOWED_ACTORS_ATTR: 'may_act',
      EXCHANGE_OPENAM_POLICY_EXPIRES_IN_SEC_ATTR: 'expires',
      EXCHANGE_OPENAM_POLICY_COPY_ADDITIONAL_ATTR: 'true',
    },
  };
}

let am: OpenamStandIn;
let trio: SpawnedTrio;
beforeAll(async () => {
  am = await startOpenamStandIn();
  const { authentication, 'token-validation': validation, 'token-exchange': exchange } = variables(am.url);
  // TOKEN_AUDIENCE is an API: with the strict rule a token for it would authorize nobody here
  const callers = { CALLER_AUDIENCE_CHECK: 'off' };
  trio = await spawnTrio(() => ({
    authentication,
    'token-validation': { ...validation, ...callers },
    // Two issuers are trusted, so a bare name in a policy needs to be told whose it is.
    'token-exchange': { ...exchange, ...callers, DEFAULT_ACTOR_ISSUERS: ISSUER },
  }));
}, 90_000);
afterAll(async () => {
  trio.stop();
  await am.close();
});

async function tokenOf(client: string): Promise<string> {
  const form = { grant_type: 'client_credentials' };
  const url = `${trio.urls.authentication}/service/access_token`;
  return String((await postForm(url, form, basic(client, `${client}-secret`))).body['access_token']);
}

/** The three services as processes, with every variable that the 2018 services have, each set to something of use. */
describe('every variable of the 2018 services', () => {
  it('is set here, as docs/migrating-from-forgerock.md lists them', () => {
    const document = readFileSync(new URL('../../docs/migrating-from-forgerock.md', import.meta.url), 'utf8');
    const documentedNames = tableRows(document, 'for').flatMap(
      ([, names = '']) => names.match(/[A-Z][A-Z0-9_]+/g) ?? [],
    );
    const names = Object.values(variables('http://am.example.com')).flatMap(Object.keys);
    expect(documentedNames.length).toBeGreaterThan(35);
    expect([...new Set(names)].sort()).toEqual([...new Set(documentedNames)].sort());
  });

  it('boots three services that issue, introspect and exchange, by the JSON file and by AM', async () => {
    const [alice, bob] = [await tokenOf('alice'), await tokenOf('bob')];
    const introspect = async (token: string) =>
      (await postForm(`${trio.urls['token-validation']}/service/introspect`, { token }, `Bearer ${bob}`)).body;
    const exchange = (resource: string) =>
      postForm(
        `${trio.urls['token-exchange']}/service/tokensts`,
        exchangeForm({ subject: alice, actor: bob }, { resource, scope: 'read' }),
        `Bearer ${bob}`,
      );
    expect(await introspect(alice)).toMatchObject({ active: true, sub: 'alice', iss: ISSUER });
    expect(await introspect(am.startSession('alice'))).toMatchObject({ active: true, uid: 'alice', realm: '/' });
    for (const resource of ['files-1', 'https://images.example.com/']) {
      const { status, body } = await exchange(resource);
      expect([resource, status, body['scope']]).toEqual([resource, 200, 'read']);
      expect(await introspect(String(body['access_token']))).toMatchObject({ sub: 'alice', act: { sub: 'bob' } });
    }
  });
});
