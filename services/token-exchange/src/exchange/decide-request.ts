import type { Caller } from '@mandate/clients';
import type { EndpointRequest } from '@mandate/service-kit';
import type { DecisionEntry } from '../record/decision-log.js';
import { decideExchange, type DelegationRules } from './decide-exchange.js';
import { type ExchangeRequestSyntax, parseExchangeRequest } from './exchange-request.js';
import { readExchange, type TokenReading } from './read-exchange.js';

export interface DecisionCollaborators {
  rules: DelegationRules;
  reading: TokenReading;
  syntax: ExchangeRequestSyntax;
}

/** Reads a request of a caller and decides: the same for exchange and explain. @throws OAuthError for a bad form */
export async function decideRequest(
  kind: DecisionEntry['kind'],
  { caller, authorization, form, signal, context }: EndpointRequest & { caller: Caller },
  { rules, reading, syntax }: DecisionCollaborators,
): Promise<DecisionEntry> {
  const started = performance.now();
  const request = parseExchangeRequest(form, syntax, caller.client?.defaultTargets);
  const { transactionId, traceparent } = context;
  const callerToken = authorization?.scheme === 'bearer' ? authorization.token : undefined;
  const upstreamContext = { transactionId, traceparent, signal, callerToken };
  const inquiry = readExchange(request, { caller, context: upstreamContext }, reading);
  const verdict = await decideExchange(inquiry, rules);
  return { kind, caller, terms: request.terms, verdict, context, latencyMs: performance.now() - started };
}
