import type { CallerAuthentication } from '@mandate/clients';
import { type Form, OAuthError, singleParameter } from '@mandate/oauth';
import type { Endpoint } from '@mandate/service-kit';
import type { DelegationRules } from './exchange/decide-exchange.js';
import { decideRequest } from './exchange/decide-request.js';
import type { DelegationGrant } from './exchange/inquiry.js';
import type { DecisionLog } from './record/decision-log.js';
import { renderExplanation } from './record/explanation.js';

export interface ExplainEndpointOptions {
  callers: CallerAuthentication;
  rules: DelegationRules;
  /** The first is meant by a form that names none. */
  grants: readonly [DelegationGrant, ...DelegationGrant[]];
  decisions: DecisionLog;
  requiredScope: string;
}

/** `POST /service/explain`: the form of a grant, decided and explained; nothing is issued. */
export function explainEndpoint(options: ExplainEndpointOptions): Endpoint {
  const { callers, decisions, grants, rules, requiredScope } = options;
  return {
    method: 'POST',
    paths: ['/service/explain'],
    async handle(request) {
      const caller = await callers.authenticate(request, requiredScope);
      const entry = await decideRequest(
        'explain',
        { ...request, caller },
        { grant: grantOf(request.form, grants), rules },
      );
      await decisions.record(entry);
      return { body: renderExplanation(entry.verdict) };
    },
  };
}

/** @throws OAuthError `unsupported_grant_type` */
function grantOf(form: Form, grants: ExplainEndpointOptions['grants']): DelegationGrant {
  const grantType = singleParameter(form, 'grant_type') ?? grants[0].grantType;
  const grant = grants.find((one) => one.grantType === grantType);
  if (grant !== undefined) return grant;
  throw new OAuthError('unsupported_grant_type', 'This grant type is not supported here');
}
