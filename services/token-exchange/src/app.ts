import type { CallerAuthentication } from '@mandate/clients';
import type { Metrics, Service } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import { createTokenEndpoints } from '@mandate/token-endpoint';
import type { DecisionCollaborators } from './decide-request.js';
import type { DecisionLog } from './decision-log.js';
import { explainEndpoint } from './explain-endpoint.js';
import { createTokenExchangeGrant } from './grants/token-exchange.js';

const PATHS = ['/oauth2/token', '/service/tokensts'];

export interface TokenExchangeCollaborators extends DecisionCollaborators {
  callers: CallerAuthentication;
  signer: TokenSigner;
  decisions: DecisionLog;
  metrics: Metrics;
  requiredScopes: { exchange: string; explain: string };
}

/** The routes of token-exchange, over ready-made collaborators. */
export function tokenExchangeRoutes(
  collaborators: TokenExchangeCollaborators,
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  const { callers, metrics, requiredScopes } = collaborators;
  const grants = [createTokenExchangeGrant({ ...collaborators, requiredScope: requiredScopes.exchange })];
  return {
    tokenEndpoints: createTokenEndpoints({ paths: PATHS, callers, grants, metrics }),
    endpoints: [explainEndpoint({ ...collaborators, requiredScope: requiredScopes.explain })],
  };
}
