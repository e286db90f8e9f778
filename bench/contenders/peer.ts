import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { jwtVerify } from 'jose';
import { type Context, Provider, type ResourceServer } from 'oidc-provider';
import { CLIENT, ISSUER, TARGETS, USERS } from '../world.js';

// The peer: oidc-provider 9 with JWT access tokens, opaque ones introspected, and a token exchange as its grant types are
// extended: subject and actor token verified, `may_act` compared, one token signed. No policy, no audit log.

const { PORT = '0', KEYS_FILE = '', ISSUERS_FILE = '', ALG: alg = 'ES256' } = process.env;
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const [users] = readJson(ISSUERS_FILE) as [{ jwks: { keys: (JsonWebKey & { alg: string })[] } }];
const userKeys = new Map<string, KeyObject>(
  users.jwks.keys.map((key) => [key.alg, createPublicKey({ format: 'jwk', key })]),
);

const resourceServer = (audience: string): ResourceServer => ({
  identifier: () => audience,
  audience,
  scope: 'read',
  accessTokenFormat: 'jwt',
  jwt: { sign: { alg } },
});

/** A map: the adapter that oidc-provider has for development forgets all but the last thousand. */
function createAdapter() {
  const records = new Map<string, object>();
  return {
    upsert: (id: string, payload: object) => Promise.resolve(void records.set(id, payload)),
    find: (id: string) => Promise.resolve(records.get(id)),
    destroy: (id: string) => Promise.resolve(void records.delete(id)),
  };
}

const provider = new Provider(ISSUER, {
  adapter: createAdapter,
  clients: [
    {
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      grant_types: ['client_credentials', EXCHANGE],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: alg === 'EdDSA' ? 'EdDSA' : alg,
    },
  ],
  jwks: readJson(KEYS_FILE),
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'EdDSA', 'RS256'] },
  scopes: ['read'],
  ttl: { ClientCredentials: 7200, AccessToken: 7200 },
  extraTokenClaims: ({ state }: Context) => state['act'] && { act: state['act'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (_ctx: Context, audience: string) => resourceServer(audience),
    },
  },
});

async function verifyToken(token: string): Promise<Record<string, unknown>> {
  const keyOf = (header: { alg?: string }): KeyObject => {
    const key = userKeys.get(header.alg ?? '');
    if (key === undefined) throw new Error('no key');
    return key;
  };
  const { payload } = await jwtVerify(token, keyOf, { issuer: USERS, audience: CLIENT.id, typ: 'at+jwt' });
  return payload;
}

provider.registerGrantType(
  EXCHANGE,
  async (ctx) => {
    const { client, params } = ctx.oidc;
    const subject = await verifyToken(params['subject_token'] ?? '');
    const actor = params['actor_token'] === undefined ? { sub: CLIENT.id } : await verifyToken(params['actor_token']);
    const mayAct = subject['may_act'] as { sub?: string } | undefined;
    if (params['actor_token'] !== undefined && mayAct?.sub !== actor['sub']) throw new Error('may_act');
    ctx.state['act'] = { sub: actor['sub'], ...(subject['act'] !== undefined && { act: subject['act'] }) };
    const token = new provider.AccessToken({ accountId: subject['sub'], client, scope: 'read' });
    token.resourceServer = resourceServer(params['resource'] ?? TARGETS.delegated);
    const value = await token.save();
    ctx.body = {
      access_token: value,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: token.tokenType,
      expires_in: token.expiration,
      scope: 'read',
    };
  },
  ['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'resource', 'scope'],
);

createServer(provider.callback()).listen(Number(PORT), '127.0.0.1', () => process.stdout.write('ready\n'));
