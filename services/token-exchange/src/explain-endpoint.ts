import type { CallerAuthentication } from '@mandate/clients';
import type { Endpoint } from '@mandate/service-kit';
import type { DelegationRules } from './exchange/decide-exchange.js';
import { decideRequest } from './exchange/decide-request.js';
import type { DelegationGrant } from './exchange/inquiry.js';
import type { DecisionLog } from './record/decision-log.js';
import { renderExplanation } from './record/explanation.js';

export interface ExplainEndpointOptions {
  callers: CallerAuthentication;
  rules: DelegationRules;
  grant: DelegationGrant;
  decisions: DecisionLog;
  requiredScope: string;
}

/** `POST /service/explain`: the form of a grant, decided and explained; nothing is issued. */
export function explainEndpoint(options: ExplainEndpointOptions): Endpoint {
  const { callers, decisions, requiredScope } = options;
  return {
    method: 'POST',
    paths: ['/service/explain'],
    async handle(request) {
      const caller = await callers.authenticate(request, requiredScope);
      const entry = await decideRequest('explain', { ...request, caller }, options);
      await decisions.record(entry);
      return { body: renderExplanation(entry.verdict) };
    },
  };
}
