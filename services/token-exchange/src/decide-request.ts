import type { Caller } from '@mandate/clients';
import type { EndpointRequest, Logger } from '@mandate/service-kit';
import type { DecisionEntry } from './decision-log.js';
import type { DelegationSettings } from './delegation-settings.js';
import { type ExchangeRequestSyntax, parseExchangeRequest } from './exchange-request.js';
import { decideExchange, type ExchangePorts, type ExchangeVerdict } from './exchange-token.js';

export interface DecisionCollaborators {
  ports: ExchangePorts;
  settings: DelegationSettings;
  syntax: ExchangeRequestSyntax;
}

/** Reads a request of a caller and decides: the same for exchange and explain. @throws OAuthError for a bad form */
export async function decideRequest(
  kind: DecisionEntry['kind'],
  { caller, authorization, form, signal, context }: EndpointRequest & { caller: Caller },
  { ports, settings, syntax }: DecisionCollaborators,
): Promise<DecisionEntry> {
  const started = performance.now();
  const request = parseExchangeRequest(form, syntax);
  const { transactionId, traceparent } = context;
  const callerToken = authorization?.scheme === 'bearer' ? authorization.token : undefined;
  const policyContext = { transactionId, traceparent, signal, callerToken };
  const verdict = await decideExchange({ request, caller, settings, ports, context: policyContext });
  logPolicyReason(verdict, context.log);
  return { kind, caller, request, verdict, context, latencyMs: performance.now() - started };
}

/** What a policy's author says of a deny is for the log alone: whoever asks could learn the policy from it. */
function logPolicyReason({ record }: ExchangeVerdict, log: Logger): void {
  const { decision, backend } = record.decision ?? {};
  if (decision?.outcome !== 'deny' || decision.reason === undefined) return;
  log.info('policy denied', { backend, rule: decision.rules.join(', '), reason: decision.reason });
}
