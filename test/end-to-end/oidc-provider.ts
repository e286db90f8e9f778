import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { CIBA } from './post-form.js';

// A real oidc-provider with its CIBA feature, as a process: it knows people by their name, who answer at once. Bob refuses,
// carol does not answer. Its first argument is where the package is, its second the port.

interface Request {
  accountId: string;
  clientId: string;
  params: { scope: string };
}
interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}
interface OidcProvider {
  Grant: new (properties: object) => Grant;
  callback(): Parameters<typeof createServer>[1];
  backchannelResult(request: Request, result: string | Error, options?: object): Promise<void>;
}
interface OidcProviderPackage {
  Provider: new (issuer: string, configuration: object) => OidcProvider;
  errors: { AccessDenied: new () => Error };
}

const [, , location = '', port = ''] = process.argv;
const { Provider, errors } = (await import(location)) as OidcProviderPackage;
const issuer = `http://127.0.0.1:${port}`;
const SUBJECTS = new Map(['alice', 'bob', 'carol'].map((name) => [name, `${name}-${randomUUID()}`]));

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = { ...privateKey.export({ format: 'jwk' }), kid: '1', alg: 'ES256', use: 'sig' };

async function answer(request: Request): Promise<void> {
  const name = [...SUBJECTS].find(([, subject]) => subject === request.accountId)?.[0];
  if (name === 'carol') return;
  if (name === 'bob') return provider.backchannelResult(request, new errors.AccessDenied());
  const grant = new provider.Grant({ clientId: request.clientId, accountId: request.accountId });
  grant.addOIDCScope(request.params.scope);
  const authTime = Math.floor(Date.now() / 1000);
  await provider.backchannelResult(request, await grant.save(), { authTime });
}

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'mandate',
      client_secret: 'secret',
      grant_types: [CIBA],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      backchannel_token_delivery_mode: 'poll',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [signingKey] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  claims: { openid: ['sub', 'preferred_username'] },
  conformIdTokenClaims: false,
  findAccount: (_context: object, accountId: string) => ({
    accountId,
    claims: () => ({ sub: accountId, preferred_username: accountId.split('-')[0] }),
  }),
  features: {
    devInteractions: { enabled: false },
    ciba: {
      enabled: true,
      deliveryModes: ['poll'],
      processLoginHint: (_context: object, hint: string) => SUBJECTS.get(hint),
      validateRequestContext: () => undefined,
      verifyUserCode: () => undefined,
      triggerAuthenticationDevice: (_context: object, request: Request) => void answer(request),
    },
  },
});

createServer(provider.callback()).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
