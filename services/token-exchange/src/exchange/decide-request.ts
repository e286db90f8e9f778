import type { Caller } from '@mandate/clients';
import type { EndpointRequest } from '@mandate/service-kit';
import type { DecisionEntry } from '../record/decision-log.js';
import { decideExchange, type DelegationRules } from './decide-exchange.js';
import type { DelegationGrant } from './inquiry.js';

/** Reads a request of a caller and decides: the same for every grant and for explain. @throws OAuthError for a bad form */
export async function decideRequest(
  kind: DecisionEntry['kind'],
  { caller, authorization, form, signal, context }: EndpointRequest & { caller: Caller },
  { grant, rules }: { grant: DelegationGrant; rules: DelegationRules },
): Promise<DecisionEntry> {
  const started = performance.now();
  const { transactionId, traceparent } = context;
  const callerToken = authorization?.scheme === 'bearer' ? authorization.token : undefined;
  const inquiry = grant.read(form, { caller, context: { transactionId, traceparent, signal, callerToken } });
  const verdict = await decideExchange(inquiry, rules, { uses: kind === 'exchange' });
  const { origin, terms } = inquiry;
  return { kind, origin, caller, terms, verdict, context, latencyMs: performance.now() - started };
}
