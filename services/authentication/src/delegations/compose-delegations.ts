import type { CallerAuthentication } from '@mandate/clients';
import {
  type ComposedPart,
  composeAuditSink,
  composeCallers,
  composeOwnIssuer,
  composeTokenVerifier,
  composeTrustedIssuers,
  uniteParts,
} from '@mandate/composition';
import type { Endpoint, Runtime } from '@mandate/service-kit';
import { type IssuerKeys, withClientIssuer, withOwnIssuer } from '@mandate/token';
import type { Foundation } from '../foundation.js';
import { delegationEndpoints } from './delegation-endpoints.js';
import { type DelegationLog, createDelegationLog } from './delegation-log.js';
import type { DelegationsSettings } from './delegations-config.js';
import { type EndDelegation, createEndDelegation } from './end-delegation.js';

/** Seeing and ending delegations, and what making them needs as well. */
export interface ComposedDelegations extends ComposedPart {
  endpoints: readonly Endpoint[];
  /** Scopes that its endpoints require. */
  scopes: readonly string[];
  /** Whose tokens are believed: those of the configured issuers, and our own. */
  issuers: IssuerKeys;
  /** Callers that may bring a token, of a client or of a person. */
  bearers: CallerAuthentication;
  log: DelegationLog;
  endDelegation: EndDelegation;
  /** Writes the closing event of its audit. */
  closeAudit(): Promise<void>;
}

/**
 * Everything of delegations but how they come about; `undefined`: there are none, since nobody is asked, nor the exchange
 * of foreign tokens recorded. @throws ConfigError
 */
export async function composeDelegations(
  config: DelegationsSettings,
  runtime: Runtime,
  { issuer, clients, state, keyStore }: Foundation,
): Promise<ComposedDelegations | undefined> {
  if (config.CIBA_CHANNEL === undefined && config.DELEGATION_RECORDS === 'agreed') return undefined;
  const trustedIssuers = composeTrustedIssuers(config, runtime, issuer);
  const audit = await composeAuditSink(config, runtime);
  const clientIssuer = config.CLIENT_ISSUER ?? issuer;
  const knownIssuers = withOwnIssuer(trustedIssuers.issuers, composeOwnIssuer(config, issuer, keyStore));
  const issuers = withClientIssuer(knownIssuers, clientIssuer);
  const verifier = composeTokenVerifier(config, runtime, issuers);
  const bearers = composeCallers(config, runtime, { issuer, clientIssuer, verifier, clients, state });
  const log = createDelegationLog({ audit: audit.sink, issuer, clock: runtime.clock });
  const endDelegation = createEndDelegation({ ...state, log });
  const { DELEGATIONS_REQUIRED_SCOPE: all, DELEGATIONS_OWN_SCOPE: own } = config;
  return {
    ...uniteParts([trustedIssuers, { parts: audit.parts }]),
    endpoints: delegationEndpoints({
      callers: bearers,
      requiredScopes: { all, own },
      delegations: state.delegations,
      clientIssuer,
      endDelegation,
      metrics: runtime.metrics,
    }),
    scopes: [all, own],
    issuers,
    bearers,
    log,
    endDelegation,
    closeAudit: () => audit.close(),
  };
}
