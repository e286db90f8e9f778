import { createClientCallers, withRateLimits } from '@mandate/clients';
import {
  type SharedState,
  actAsPrefixes,
  composeClients,
  composeSharedState,
  composeSigningKeys,
  tokenIssuer,
  uniteParts,
  withoutNeed,
} from '@mandate/composition';
import { type Runtime, type Service, type TokenEndpoint, composeAll } from '@mandate/service-kit';
import { createTokenSigner } from '@mandate/token';
import type { ClaimsSettings } from './access-token-claims.js';
import { type ActingGrantOptions, createActingGrant } from './act-as/acting-grant.js';
import { composeActAs } from './act-as/compose-act-as.js';
import { type AuthenticationCollaborators, authenticationRoutes } from './app.js';
import { composeBackchannel } from './backchannel/compose-backchannel.js';
import type { AuthenticationConfig } from './config.js';
import { createClientCredentialsGrant } from './grants/client-credentials.js';
import { createIssueToken } from './issue-token.js';

/** What several services of one process have in common. */
export interface SharedParts {
  state?: SharedState;
  /** The endpoint of token-exchange that takes assertions. */
  assertions?: Pick<TokenEndpoint, 'handle'> | undefined;
  /** Whoever runs this is a developer and reads the terminal. */
  isDevelopment?: boolean;
}

/** Makes the authentication service out of its configuration. @throws ConfigError */
export async function compose(
  config: AuthenticationConfig,
  runtime: Runtime,
  shared: SharedParts = {},
): Promise<Service> {
  const issuer = tokenIssuer(config);
  const [signing, clients, state] = await composeAll([
    () => composeSigningKeys(config, runtime),
    () => composeClients(config, runtime),
    () => composeSharedState(config, runtime, shared.state),
  ]);
  const actAs = composeActAs(config, runtime, shared.assertions);
  const authentication = clients.authentication({ issuer, replays: state.replays });
  const callers = withRateLimits(createClientCallers(authentication.clients, issuer), state.limits);
  const { keyStore } = signing;
  const signer = createTokenSigner({ keyStore, typ: config.TOKEN_TYP });
  const issueToken = createIssueToken({
    signer,
    clock: runtime.clock,
    lifetimeSeconds: config.TOKEN_DEFAULT_EXPIRATION_SECONDS,
    claims: claimsSettings(config, issuer),
  });
  const asking = { issuer, callers, clients, state, keyStore, signer, issueToken };
  const backchannel = await composeBackchannel(config, runtime, { ...asking, isDevelopment: shared.isDevelopment });
  const dependencies = uniteParts([signing, clients, withoutNeed(state), actAs, backchannel]);
  return {
    name: 'authentication',
    ims: { ping: '/authn/info/ping', metrics: '/authn/metrics/prometheus' },
    issuer,
    scopes: [...backchannel.scopes, ...config.SCOPES_SUPPORTED],
    ...authenticationRoutes({
      callers,
      grants: [...composeGrants(config, { issueToken, exchange: actAs.exchange }), ...backchannel.grants],
      endpoints: backchannel.endpoints,
      bindsTokens: config.CLIENT_CERTIFICATE_HEADER !== undefined,
      metrics: runtime.metrics,
    }),
    parts: dependencies.parts,
    publicJwks: () => keyStore.publicJwks(),
    facts: { state: state.place },
    async close() {
      dependencies.close();
      await backchannel.closeAudit();
    },
  };
}

function claimsSettings(config: AuthenticationConfig, issuer: string): ClaimsSettings {
  return {
    issuer,
    profile: config.TOKEN_CLAIMS_PROFILE,
    audiences: config.TOKEN_AUDIENCE,
    additionalClaimNames: config.TOKEN_SUPPORTED_ADDITIONAL_CLAIMS,
  };
}

/** The grants there are, one line each; who gets a token by one may also act as somebody. */
function composeGrants(
  config: AuthenticationConfig,
  parts: Pick<ActingGrantOptions, 'issueToken' | 'exchange'>,
): AuthenticationCollaborators['grants'] {
  const prefixes = actAsPrefixes(config).map(({ prefix }) => prefix);
  const acting = { ...parts, prefixes, exchangeScope: config.ACT_AS_EXCHANGE_SCOPE };
  return [createActingGrant(createClientCredentialsGrant, acting)];
}
