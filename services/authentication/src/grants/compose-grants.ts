import type { ClientCaller } from '@mandate/clients';
import { actAsPrefixes } from '@mandate/composition';
import type { Clock } from '@mandate/ports';
import type { Grant } from '@mandate/token-endpoint';
import type { ActAsExchange } from '../act-as/act-as-exchange.js';
import { createActingGrant } from '../act-as/acting-grant.js';
import type { AuthenticationConfig } from '../config.js';
import type { ComposedDelegations } from '../delegations/compose-delegations.js';
import { createStartDelegation } from '../delegations/start-delegation.js';
import type { Foundation } from '../foundation.js';
import { createIssuePersonTokens } from '../issue/person-tokens.js';
import { createCibaGrant } from './ciba.js';
import { createClientCredentialsGrant } from './client-credentials.js';
import { createRefreshTokenGrant } from './refresh-token.js';

export interface GrantsFoundation extends Foundation {
  /** See {@link createActingGrant}. */
  exchange: ActAsExchange | undefined;
  delegations: Pick<ComposedDelegations, 'log' | 'endDelegation'> | undefined;
  clock: Clock;
}

/** The grants there are, one line each; who gets a token by its own credentials may also act as somebody. */
export function composeGrants(config: AuthenticationConfig, foundation: GrantsFoundation): Grant<ClientCaller>[] {
  const prefixes = actAsPrefixes(config).map(({ prefix }) => prefix);
  const acting = { ...foundation, prefixes, exchangeScope: config.ACT_AS_EXCHANGE_SCOPE };
  return [createActingGrant(createClientCredentialsGrant, acting), ...composePersonGrants(config, foundation)];
}

/** The grants of what people agree to, where they are asked. */
function composePersonGrants(config: AuthenticationConfig, foundation: GrantsFoundation): Grant<ClientCaller>[] {
  const { issuer, state, clock, delegations } = foundation;
  if (config.CIBA_CHANNEL === undefined || delegations === undefined) return [];
  const { log, endDelegation } = delegations;
  const issuePersonTokens = createIssuePersonTokens(foundation);
  const startDelegation = createStartDelegation({
    ...state,
    issuePersonTokens,
    log,
    issuer,
    clock,
    refreshSeconds: config.REFRESH_TOKEN_EXPIRATION_SECONDS,
  });
  return [
    createCibaGrant({ requests: state.backchannelRequests, startDelegation }),
    createRefreshTokenGrant({ ...state, issuePersonTokens, endDelegation }),
  ];
}
