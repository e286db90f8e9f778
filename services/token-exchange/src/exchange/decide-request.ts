import type { Caller } from '@mandate/clients';
import type { EndpointRequest } from '@mandate/service-kit';
import type { DecisionEntry } from '../record/decision-log.js';
import { decideExchange, type DelegationRules } from './decide-exchange.js';
import type { DelegationGrant } from './inquiry.js';
import { preferenceApplied, preferredWait } from './prefer.js';

/** Reads a request of a caller and decides: the same for every grant and for explain. @throws OAuthError for a bad form */
export async function decideRequest(
  kind: DecisionEntry['kind'],
  request: EndpointRequest & { caller: Caller },
  { grant, rules }: { grant: DelegationGrant; rules: DelegationRules },
): Promise<DecisionEntry> {
  const started = performance.now();
  const { caller, authorization, form, signal, context } = request;
  const { transactionId, traceparent } = context;
  const callerToken = authorization?.scheme === 'bearer' ? authorization.token : undefined;
  const waitSeconds = preferredWait(request.header('prefer'));
  const policyContext = { transactionId, traceparent, signal, callerToken };
  let heldSeconds = 0;
  const onHeld = (seconds: number): void => {
    heldSeconds = seconds;
    request.onHeld?.();
  };
  const inquiry = grant.read(form, { caller, context: policyContext, waitSeconds, onHeld });
  const uses = kind === 'exchange';
  const first = await decideExchange(inquiry, rules, { uses });
  const { record: before } = first;
  const next =
    first.verdict === 'permit' ? inquiry.afterPermit?.(before.findings, uses ? 'asked' : 'assumed') : undefined;
  const verdict = next === undefined ? first : await decideExchange(next, rules, { uses, before });
  const { origin, terms } = inquiry;
  const headers = preferenceApplied(heldSeconds);
  return { kind, origin, caller, terms, verdict, context, headers, latencyMs: performance.now() - started };
}
