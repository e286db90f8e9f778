import type { CallerAuthentication } from '@mandate/clients';
import type { Metrics } from '@mandate/ports';
import type { Service } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import { type GrantRequest, createTokenEndpoints } from '@mandate/token-endpoint';
import type { DelegationRules } from './exchange/decide-exchange.js';
import { decideRequest } from './exchange/decide-request.js';
import type { DelegationGrant } from './exchange/inquiry.js';
import { explainEndpoint } from './explain-endpoint.js';
import { createIssueToken } from './issue/issue-token.js';
import type { DecisionLog } from './record/decision-log.js';

const PATHS = ['/oauth2/token', '/service/tokensts'];

export interface TokenExchangeCollaborators {
  callers: CallerAuthentication;
  rules: DelegationRules;
  /** Every way to read a form; explain takes a form that names none of them for the first. */
  grants: readonly [DelegationGrant, ...DelegationGrant[]];
  signer: TokenSigner;
  bindsTokens: boolean;
  decisions: DecisionLog;
  metrics: Metrics;
  requiredScopes: { exchange: string; explain: string };
}

/** The routes of token-exchange, over ready-made collaborators. */
export function tokenExchangeRoutes(
  collaborators: TokenExchangeCollaborators,
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  const { callers, rules, grants, bindsTokens, metrics, requiredScopes } = collaborators;
  const issueToken = createIssueToken({ ...collaborators, clock: rules.ports.clock });
  const issuing = grants.map((grant) => ({
    grantType: grant.grantType,
    requiredScope: requiredScopes.exchange,
    issue: async (request: GrantRequest) =>
      issueToken(await decideRequest('exchange', request, { grant, rules }), request.confirmation),
  }));
  return {
    tokenEndpoints: createTokenEndpoints({ paths: PATHS, callers, grants: issuing, bindsTokens, metrics }),
    endpoints: [explainEndpoint(collaborators)],
  };
}
