import { createClientCallers, withRateLimits } from '@mandate/clients';
import {
  type SharedState,
  composeClients,
  composeSharedState,
  composeSigningKeys,
  tokenIssuer,
  uniteParts,
  withoutNeed,
} from '@mandate/composition';
import { type Runtime, type Service, type TokenEndpoint, composeAll } from '@mandate/service-kit';
import { createTokenSigner, createTrialSigner } from '@mandate/token';
import type { ClaimsSettings } from './issue/access-token-claims.js';
import { composeActAs } from './act-as/compose-act-as.js';
import { authenticationRoutes } from './app.js';
import { composeBackchannel } from './backchannel/compose-backchannel.js';
import type { AuthenticationConfig } from './config.js';
import { composeDelegations } from './delegations/compose-delegations.js';
import { composeGrants } from './grants/compose-grants.js';
import type { Foundation } from './foundation.js';
import { type IssueTokenOptions, createIssueToken } from './issue/issue-token.js';

/** What several services of one process have in common. */
export interface ProcessContext {
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
  { state: sharedState, assertions, isDevelopment }: ProcessContext = {},
): Promise<Service> {
  const issuer = tokenIssuer(config);
  const { clock, metrics } = runtime;
  const [signing, clients, state] = await composeAll([
    () => composeSigningKeys(config, runtime),
    () => composeClients(config, runtime),
    () => composeSharedState(config, runtime, { given: sharedState }),
  ]);
  const actAs = composeActAs(config, runtime, assertions);
  const { clients: authentication, store: clientStore } = clients.authentication({ ...state, issuer });
  const callers = withRateLimits(createClientCallers(authentication, issuer), state.limits);
  const { keyStore } = signing;
  const signer = createTokenSigner({ keyStore, typ: config.TOKEN_TYP });
  const issuing = {
    clock,
    lifetimeSeconds: config.TOKEN_DEFAULT_EXPIRATION_SECONDS,
    claims: claimsSettings(config, issuer),
  };
  const [issueToken, trial] = [createIssueToken({ ...issuing, signer }), createTrial(issuing)];
  const foundation = { issuer, callers, clients, clientStore, state, keyStore, signer, issueToken, trial };
  const delegations = await composeDelegations(config, runtime, foundation);
  const backchannel =
    delegations && (await composeBackchannel(config, runtime, { ...foundation, delegations, isDevelopment }));
  const extensions = [backchannel, delegations].filter((extension) => extension !== undefined);
  const dependencies = uniteParts([signing, clients, withoutNeed(state), actAs, ...extensions]);
  return {
    name: 'authentication',
    ims: { ping: '/authn/info/ping', metrics: '/authn/metrics/prometheus' },
    issuer,
    scopes: [...extensions.flatMap(({ scopes }) => scopes), ...config.SCOPES_SUPPORTED],
    ...authenticationRoutes({
      callers,
      grants: composeGrants(config, { ...foundation, exchange: actAs.exchange, delegations, clock }),
      endpoints: extensions.flatMap(({ endpoints }) => endpoints),
      bindsTokens: config.CLIENT_CERTIFICATE_HEADER !== undefined,
      metrics,
    }),
    parts: dependencies.parts,
    publicJwks: () => keyStore.publicJwks(),
    facts: { state: state.place },
    async close() {
      dependencies.close();
      await delegations?.closeAudit();
    },
  };
}

function createTrial(issuing: Omit<IssueTokenOptions, 'signer'>): Foundation['trial'] {
  const signer = createTrialSigner();
  return { signer, issueToken: createIssueToken({ ...issuing, signer }) };
}

function claimsSettings(config: AuthenticationConfig, issuer: string): ClaimsSettings {
  return {
    issuer,
    profile: config.TOKEN_CLAIMS_PROFILE,
    audiences: config.TOKEN_AUDIENCE,
    additionalClaimNames: config.TOKEN_SUPPORTED_ADDITIONAL_CLAIMS,
  };
}
