import { type CallerAuthentication, createCallerAuthentication, withRateLimits } from '@mandate/clients';
import { type Runtime, type Settings, choice, list, text } from '@mandate/service-kit';
import { type IssuerKeys, type TokenVerifier, withRevocation } from '@mandate/token';
import { tokenEndpointUrls } from './compose-client-authentication.js';
import type { Clients } from './clients.js';
import type { SharedState } from './shared-state.js';

/** The variables of callers with a bearer token. */
export const callersConfig = {
  CALLER_AUDIENCE: list()
    .default([])
    .describe(
      "Further names of this service in `aud` of a caller's token; TOKEN_ISSUER and token endpoints are always",
    ),
  CALLER_AUDIENCE_CHECK: choice(['on', 'off'])
    .default('on')
    .describe("Whether a caller's token of our own issuers must be meant for this service; `off`: any audience (IMS)"),
  CLIENT_ISSUER: text()
    .optional()
    .describe(
      'The issuer that names our clients; default: the first other trusted issuer with `own`, else TOKEN_ISSUER',
    ),
};

export type CallerSettings = Settings<typeof callersConfig>;

/** The variable of what a caller needs to introspect: at token-validation, and where an exchange introspects for it. */
export const introspectionScopeConfig = {
  INTROSPECTION_REQUIRED_SCOPE: text().default('introspect').describe('Scope a caller needs to introspect'),
};

export interface CallerOptions {
  /** The issuer that a client's assertions are meant for. */
  issuer: string;
  clientIssuer: string;
  verifier: TokenVerifier;
  clients: Clients | undefined;
  state: SharedState;
}

/** Callers by a bearer token that nobody revoked, or, where there is a client store, as a client; within the limits. */
export function composeCallers(
  config: CallerSettings,
  { logger }: Pick<Runtime, 'logger'>,
  { issuer, clientIssuer, verifier, clients, state }: CallerOptions,
): CallerAuthentication {
  const { revocations, replays, limits } = state;
  const isUnchecked = config.CALLER_AUDIENCE_CHECK === 'off';
  if (isUnchecked) {
    const variables = ['CALLER_AUDIENCE_CHECK', ...(config.CALLER_AUDIENCE.length > 0 ? ['CALLER_AUDIENCE'] : [])];
    logger.warn('callers may present tokens that are meant for others: CALLER_AUDIENCE has no effect', {
      variables: variables.join(', '),
    });
  }
  const callers = createCallerAuthentication({
    clientIssuer,
    verifier: withRevocation(verifier, revocations),
    audience: isUnchecked ? undefined : [issuer, ...tokenEndpointUrls(issuer), ...config.CALLER_AUDIENCE],
    ...clients?.authentication({ issuer, replays, limits }),
  });
  return withRateLimits(callers, limits);
}

/** The issuer that names our own clients, whichever of our services they come to. */
export function clientIssuerOf(
  config: Pick<CallerSettings, 'CLIENT_ISSUER'>,
  issuerKeys: IssuerKeys,
  issuer: string,
): string {
  if (config.CLIENT_ISSUER !== undefined) return config.CLIENT_ISSUER;
  const own = issuerKeys.issuers().filter((name) => name !== issuer && issuerKeys.keysFor(name)?.trust.own === true);
  return own[0] ?? issuer;
}
