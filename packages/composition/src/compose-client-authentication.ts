import {
  ASSERTION_LIFETIME_SECONDS,
  type AuthenticationMethod,
  type ClientAuthentication,
  type ClientKeys,
  type ClientStore,
  type ReplayStore,
  type RequestLimits,
  type SecretVerifier,
  createClientAuthentication,
  createPrivateKeyJwt,
  createSecretMethods,
} from '@mandate/clients';
import type { Clock } from '@mandate/ports';
import { type Settings, choice } from '@mandate/service-kit';

/** The variables of how clients prove themselves. */
export const clientAuthenticationConfig = {
  CLIENT_SECRET_BASIC: choice(['encoded', 'ims'])
    .default('encoded')
    .describe(
      'How clients send id and secret by HTTP Basic: `encoded`: form-encoded first (RFC 6749 section 2.3.1); `ims`: or as they are',
    ),
  ASSERTION_AUDIENCE: choice(['strict', 'compat'])
    .default('strict')
    .describe(
      'What `aud` of a client assertion may be: `strict` is TOKEN_ISSUER alone; `compat` also token endpoints, and an hour of life instead of 300 s',
    ),
};

type ClientAuthenticationSettings = Settings<typeof clientAuthenticationConfig>;

/** What client assertions are for, where those that were used are kept, and how many secrets may be tried. */
export interface ProofUse {
  issuer: string;
  replays: ReplayStore;
  limits: RequestLimits;
}

export interface ClientProofs extends ProofUse {
  store: ClientStore;
  secrets: SecretVerifier;
  keys: ClientKeys;
  clock: Clock;
}

const COMPATIBLE_LIFETIME_SECONDS = 3600;

/** Client authentication by every method, one line each. */
export function composeClientAuthentication(
  config: ClientAuthenticationSettings,
  proofs: ClientProofs,
): ClientAuthentication {
  const acceptsUnencoded = config.CLIENT_SECRET_BASIC === 'ims';
  const methods = [...createSecretMethods({ ...proofs, acceptsUnencoded }), privateKeyJwt(config, proofs)];
  return createClientAuthentication({ methods, realm: 'mandate' });
}

function privateKeyJwt(
  { ASSERTION_AUDIENCE: audience }: ClientAuthenticationSettings,
  proofs: ClientProofs,
): AuthenticationMethod {
  const { issuer } = proofs;
  const [endpoints, maxLifetimeSeconds] =
    audience === 'strict'
      ? [[], ASSERTION_LIFETIME_SECONDS]
      : [[...tokenEndpointUrls(issuer), ...backchannelEndpointUrls(issuer)], COMPATIBLE_LIFETIME_SECONDS];
  return createPrivateKeyJwt({ ...proofs, audience: { issuer, endpoints }, maxLifetimeSeconds });
}

/** The paths of token endpoints, whichever service answers there. */
const TOKEN_ENDPOINTS = ['/oauth2/token', '/service/access_token', '/service/tokensts'];

const BACKCHANNEL_ENDPOINTS = ['/oauth2/bc-authorize', '/service/bc-authorize'];

/** What a token endpoint of this issuer may be called, under all its names. */
export function tokenEndpointUrls(issuer: string): string[] {
  return urlsOf(issuer, TOKEN_ENDPOINTS);
}

/** What the backchannel authentication endpoint of this issuer may be called (OpenID CIBA Core section 7.1). */
export function backchannelEndpointUrls(issuer: string): string[] {
  return urlsOf(issuer, BACKCHANNEL_ENDPOINTS);
}

function urlsOf(issuer: string, paths: readonly string[]): string[] {
  const base = issuer.replace(/\/$/, '');
  return paths.map((path) => base + path);
}
