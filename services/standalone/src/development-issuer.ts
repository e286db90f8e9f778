import { randomUUID } from 'node:crypto';
import { type Clock, ConfigError, type JsonObject } from '@mandate/ports';
import {
  additionalClaims,
  type Form,
  OAuthError,
  parseScope,
  requiredParameter,
  singleParameter,
} from '@mandate/oauth';
import type { Service } from '@mandate/service-kit';
import { createKeyStore, createTokenSigner, issuingError, loadOrGenerateKeys } from '@mandate/token';

/** Issues tokens for made-up users to anybody who asks. For a developer's machine only. */
export interface DevelopmentIssuer {
  issuer: string;
  /** Standard base64 of its public JWK, as `ISSUER_JWK_JSON_JWK_BASE64` wants it. */
  publicJwkBase64: string;
  service: Service;
}

const PATH = '/development/token';
const LIFETIME_SECONDS = 3600;

/** @throws ConfigError with `NODE_ENV=production`. */
export async function createDevelopmentIssuer(options: {
  url: string;
  keysDirectory: string;
  environment: string | undefined;
  clock: Clock;
}): Promise<DevelopmentIssuer> {
  const { url, keysDirectory, environment, clock } = options;
  if (environment === 'production') {
    const message = 'the standalone has a development issuer, which never runs in production; run the three services';
    throw new ConfigError([{ variable: 'NODE_ENV', message }]);
  }
  const keys = await loadOrGenerateKeys({ directory: keysDirectory, name: 'development-issuer' });
  const signer = createTokenSigner({ keyStore: createKeyStore({ current: () => keys }) });
  const issuer = `${url}/development`;
  const service: Service = {
    name: 'development-issuer',
    ims: { ping: '/development/info/ping', metrics: '/development/metrics/prometheus' },
    endpoints: [
      {
        method: 'POST',
        paths: [PATH],
        handle: async ({ form }) => {
          const token = await signer.sign({ ...claimsOf(form, clock()), iss: issuer }).catch((error: unknown) => {
            throw issuingError(error);
          });
          return { body: { access_token: token, token_type: 'Bearer', expires_in: LIFETIME_SECONDS } };
        },
      },
    ],
    tokenEndpoints: [],
    parts: [],
    close: () => Promise.resolve(),
  };
  const publicJwk = JSON.stringify(keys.publicJwks.keys[0]);
  return { issuer, publicJwkBase64: Buffer.from(publicJwk).toString('base64'), service };
}

/** What a form says that is no claim of its own name, or not as it stands. */
const PARAMETERS: ReadonlySet<string> = new Set(['sub', 'may_act', 'client_id', 'scope']);

/** `sub`, and optionally whom the user lets act (`may_act`), for which client, with which scopes; other claims as given. */
function claimsOf(form: Form, now: number): Parameters<ReturnType<typeof createTokenSigner>['sign']>[0] {
  const sub = requiredParameter(form, 'sub');
  const mayAct = singleParameter(form, 'may_act');
  const clientId = singleParameter(form, 'client_id') ?? 'photo-app';
  const scope = parseScope(singleParameter(form, 'scope') ?? 'read write');
  if (mayAct === sub) throw new OAuthError('invalid_request', 'Nobody needs a mandate for themselves');
  return {
    ...otherClaims(form),
    sub,
    aud: clientId,
    client_id: clientId,
    scope: scope.join(' '),
    ...(mayAct !== undefined && { may_act: { sub: mayAct } }),
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti: randomUUID(),
  };
}

/** Any other parameter is a claim: text, or a list where it is repeated. @throws OAuthError for one the issuer sets itself. */
function otherClaims(form: Form): JsonObject {
  const fields = [...form].filter(([name]) => !PARAMETERS.has(name));
  const claims = fields.map(([name, values]) => [name, values.length > 1 ? [...values] : (values[0] ?? '')] as const);
  const allowedClaims = additionalClaims(Object.fromEntries(claims));
  const refusedNames = fields.map(([name]) => name).filter((name) => !Object.hasOwn(allowedClaims, name));
  if (refusedNames.length === 0) return allowedClaims;
  throw new OAuthError('invalid_request', `The issuer sets ${refusedNames.join(', ')} itself`);
}
