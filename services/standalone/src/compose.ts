import { compose as composeAuthentication } from '@mandate/authentication';
import { type ComposedPart, composeSharedState, tokenIssuer } from '@mandate/composition';
import { JWT_BEARER_GRANT } from '@mandate/oauth';
import type { Runtime, Service } from '@mandate/service-kit';
import { compose as composeTokenExchange } from '@mandate/token-exchange';
import { compose as composeTokenValidation } from '@mandate/token-validation';
import { reportAskingClient } from './asking-client.js';
import type { StandaloneConfig } from './config.js';
import { createDevelopmentIssuer } from './development-issuer.js';

const KEYS_DIRECTORY = '.data';
/** Of the development client as which token-exchange asks people. */
const HELP_DESK_SECRET = 'token-exchange-development';

/** The three services under one issuer with one key, and the development issuer they trust. @throws ConfigError */
export async function compose(config: StandaloneConfig, runtime: Runtime): Promise<Service[]> {
  const url = tokenIssuer(config);
  const keysDirectory = config.DEVELOPMENT_KEYS_DIRECTORY ?? KEYS_DIRECTORY;
  const { NODE_ENV: environment } = config;
  const users = await createDevelopmentIssuer({ url, keysDirectory, environment, clock: runtime.clock });
  const hasOwnKeys = config.TOKEN_SIGNATURE_JWK_BASE64 ?? config.TOKEN_SIGNATURE_JWKS_FILE;
  const serviceConfig: StandaloneConfig = {
    ...config,
    TOKEN_ISSUER: url,
    DEVELOPMENT_KEYS_DIRECTORY: hasOwnKeys === undefined ? keysDirectory : undefined,
    ...(config.ISSUER_JWK_JSON_ISSUER_URI === undefined && {
      ISSUER_JWK_JSON_ISSUER_URI: users.issuer,
      ISSUER_JWK_JSON_JWK_BASE64: users.publicJwkBase64,
    }),
    ACT_AS_SUBJECT_ISSUER: config.ACT_AS_SUBJECT_ISSUER ?? users.issuer,
    DEFAULT_ACTOR_ISSUERS: config.DEFAULT_ACTOR_ISSUERS.length > 0 ? config.DEFAULT_ACTOR_ISSUERS : [users.issuer, url],
  };
  const state = await composeSharedState(serviceConfig, runtime, { isOnlyProcess: true });
  const services: { authentication?: Service } = {};
  const client = {
    clientId: config.CONSENT_CLIENT_ID,
    secret: config.CONSENT_CLIENT_SECRET ?? HELP_DESK_SECRET,
  };
  const local = { service: () => services.authentication, client };
  const tokenExchange = await composeTokenExchange(serviceConfig, runtime, { state, authentication: local });
  const assertions = tokenExchange.tokenEndpoints.find(({ grantType }) => grantType === JWT_BEARER_GRANT);
  const authentication = await composeAuthentication(serviceConfig, runtime, {
    state,
    assertions,
    isDevelopment: true,
  });
  services.authentication = authentication;
  // Beside the start, which does not wait for the secret to be verified.
  if (config.CIBA_CHANNEL !== undefined && config.CONSENT_URL === undefined)
    void reportAskingClient(local, runtime.logger);
  return [
    authentication,
    await composeTokenValidation(serviceConfig, runtime, state),
    tokenExchange,
    withPart(users.service, state),
  ];
}

/** The service, which also answers for a part that several share and closes it. */
function withPart(service: Service, part: ComposedPart): Service {
  return {
    ...service,
    parts: [...service.parts, ...part.parts],
    async close() {
      await service.close();
      part.close?.();
    },
  };
}
