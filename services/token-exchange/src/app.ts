import type { CallerAuthentication } from '@mandate/clients';
import type { Metrics } from '@mandate/ports';
import type { Service } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import { createTokenEndpoints } from '@mandate/token-endpoint';
import type { DecisionCollaborators } from './exchange/decide-request.js';
import { explainEndpoint } from './explain-endpoint.js';
import { createTokenExchangeGrant } from './grants/token-exchange.js';
import { createIssueToken } from './issue/issue-token.js';
import type { DecisionLog } from './record/decision-log.js';

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
  const issueToken = createIssueToken(collaborators);
  const grants = [createTokenExchangeGrant({ ...collaborators, issueToken, requiredScope: requiredScopes.exchange })];
  return {
    tokenEndpoints: createTokenEndpoints({ paths: PATHS, callers, grants, metrics }),
    endpoints: [explainEndpoint({ ...collaborators, requiredScope: requiredScopes.explain })],
  };
}
