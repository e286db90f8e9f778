import type { CallerAuthentication } from '@mandate/clients';
import { type Form, OAuthError, singleParameter } from '@mandate/oauth';
import type { Endpoint } from '@mandate/service-kit';
import type { DelegationRules, ExchangeVerdict } from './exchange/decide-exchange.js';
import { decideRequest } from './exchange/decide-request.js';
import type { DelegationGrant } from './exchange/inquiry.js';
import type { DecisionLog } from './record/decision-log.js';
import { renderExplanation } from './record/explanation.js';
import { checkCaller } from './rules/caller.js';
import type { Checked } from './rules/checked.js';

export interface ExplainEndpointOptions {
  callers: CallerAuthentication;
  rules: DelegationRules;
  /** The first is meant by a form that names none. */
  grants: readonly [DelegationGrant, ...DelegationGrant[]];
  decisions: DecisionLog;
  requiredScopes: { exchange: string; explain: string };
}

/**
 * `POST /service/explain`: the form of a grant, decided and explained; nothing is issued. Of a caller that may explain and
 * not use the grant, the rules are told all the same.
 */
export function explainEndpoint(options: ExplainEndpointOptions): Endpoint {
  const { callers, decisions, grants, rules, requiredScopes } = options;
  return {
    method: 'POST',
    paths: ['/service/explain'],
    async handle(request) {
      const asked = { ...request, caller: await callers.authenticate(request, requiredScopes.explain) };
      const grant = grantOf(request.form, grants);
      const ofCaller = checkCaller(asked, { ...grant, requiredScope: requiredScopes.exchange });
      const decided = await decideRequest('explain', asked, { grant, rules });
      const entry = { ...decided, verdict: afterCaller(ofCaller, decided.verdict) };
      await decisions.record(entry);
      return { body: renderExplanation(entry.verdict) };
    },
  };
}

/** The verdict for a caller: what it may not do at all comes first, as at the token endpoint. */
function afterCaller(ofCaller: Checked, verdict: ExchangeVerdict): ExchangeVerdict {
  const { facts } = ofCaller;
  const check = { check: 'caller' as const, facts, ...(!ofCaller.ok && { reason: ofCaller.reason }) };
  const record = { ...verdict.record, checks: [check, ...verdict.record.checks] };
  if (ofCaller.ok) return { ...verdict, record };
  const others = verdict.verdict === 'deny' ? verdict.needs : [];
  return { verdict: 'deny', reason: ofCaller.reason, needs: [ofCaller.needs, ...others], cause: undefined, record };
}

/** @throws OAuthError `unsupported_grant_type` */
function grantOf(form: Form, grants: ExplainEndpointOptions['grants']): DelegationGrant {
  const grantType = singleParameter(form, 'grant_type') ?? grants[0].grantType;
  const grant = grants.find((one) => one.grantType === grantType);
  if (grant !== undefined) return grant;
  throw new OAuthError('unsupported_grant_type', 'This grant type is not supported here');
}
