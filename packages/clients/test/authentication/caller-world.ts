import { OAuthError, parseAuthorization, parseForm } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import type { TokenVerifier, VerifiedToken } from '@mandate/token';
import {
  type AuthenticationMethod,
  type Caller,
  type CallerAuthentication,
  createCallerAuthentication,
  createClientAuthentication,
  createJsonClientStore,
  createSecretMethods,
  createSecretVerifier,
  parseClients,
  unlimited,
} from '@mandate/clients';

const clock = (): number => 1_700_000_000;
export const records = parseClients(`[
  {"clientId":"rs","clientSecret":"secret","scopes":["introspect","exchange"],"attributes":{"tier":1},
   "resourceServerFor":["https://api"]},
  {"clientId":"weak","clientSecret":"secret","scopes":["exchange"]}
]`);
export const store = createJsonClientStore({ current: () => records });
const secrets = createSecretVerifier({ scheme: 'none', clock });
/** A way of authentication that is none of the registered ones. */
const ticket: AuthenticationMethod = {
  name: 'private_key_jwt',
  accepts: ({ form }) => form.has('ticket'),
  authenticate: ({ form }) =>
    store.findClient(form.get('ticket')?.[0] ?? '').then((client) => {
      return client === undefined ? { ok: false, reason: 'unknown_client' } : { ok: true, client };
    }),
};
const secretMethods = createSecretMethods({ store, secrets, limits: unlimited(), clock });
export const clients = createClientAuthentication({ methods: secretMethods, realm: 'mandate' });
const clientsWithTickets = createClientAuthentication({ methods: [...secretMethods, ticket], realm: 'mandate' });

export const good: VerifiedToken = {
  claims: {},
  header: { alg: 'ES256' },
  kind: 'access_token',
  issuer: 'https://as',
  subject: 'alice',
  clientId: 'app',
  scopes: ['introspect', 'other'],
  audience: ['https://api'],
  expiresAt: clock() + 60,
  issuedAt: clock(),
  id: '1',
  trust: { own: true, mayAssertMayAct: true, mayAssertAct: true, allowIdTokens: false },
};

const TOKENS: Record<string, VerifiedToken> = {
  good,
  'no-scope': { ...good, scopes: undefined },
  'other-scope': { ...good, scopes: ['introspection', 'INTROSPECT'] },
  'id-token': { ...good, kind: 'id_token' },
  bound: { ...good, claims: { cnf: { jkt: 'x' } } },
  'to-certificate': { ...good, claims: { cnf: { 'x5t#S256': 'mine' } } },
  'to-both': { ...good, claims: { cnf: { 'x5t#S256': 'mine', jkt: 'x' } } },
  'to-nothing': { ...good, claims: { cnf: {} } },
  'to-no-text': { ...good, claims: { cnf: { 'x5t#S256': 1 } } },
  'am-client': { ...good, clientId: undefined, subject: 'rs', audience: ['rs'] },
  'no-client': { ...good, clientId: undefined, subject: 'alice', audience: ['rs'] },
  'own-rs': { ...good, clientId: 'rs' },
  'foreign-rs': { ...good, clientId: 'rs', trust: { ...good.trust, own: false } },
  'for-foreign-rs': { ...good, clientId: 'rs', claims: { client_iss: 'https://elsewhere' } },
  'other-service': { ...good, issuer: 'https://other-of-ours' },
  'client-alone': { ...good, audience: ['app'] },
  'client-and-api': { ...good, audience: ['https://api', 'app'] },
  'us-and-api': { ...good, audience: ['https://api', 'https://as/oauth2/token'] },
  'foreign-api': { ...good, trust: { ...good.trust, own: false } },
  nobody: { ...good, clientId: undefined, subject: undefined, audience: [] },
};

export const verifier: TokenVerifier = {
  verify(token) {
    if (token === 'down') return Promise.reject(new UpstreamError('jwks', 'unreachable'));
    const entry = TOKENS[token];
    return Promise.resolve(entry === undefined ? { ok: false, reason: 'bad_signature' } : { ok: true, token: entry });
  },
};

/** A verifier whose issuers agree who names the clients of ours. */
export const namer: TokenVerifier = {
  async verify(token) {
    const result = await verifier.verify(token);
    if (!result.ok) return result;
    const trust = { ...result.token.trust, clientIssuer: 'https://names-clients' };
    return { ok: true, token: { ...result.token, trust } };
  },
};

export const callers = createCallerAuthentication({ clientIssuer: 'https://as', verifier, clients });
export const withTickets = createCallerAuthentication({
  clientIssuer: 'https://as',
  verifier,
  clients: clientsWithTickets,
});
export const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

export function call(authorization?: string, form = '', by: CallerAuthentication = callers): Promise<Caller> {
  return by.authenticate({ authorization: parseAuthorization(authorization), form: parseForm(form) }, 'introspect');
}

export async function refusal(...request: Parameters<typeof call>): Promise<unknown> {
  try {
    return await call(...request);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return [error.status, error.code, error.headers['WWW-Authenticate']];
  }
}
