import { OAuthError } from '@mandate/oauth';

/** The stable reason codes of delegation-rules.md: log field, metric label and line of an explanation. */
export const REASONS = [
  'subject_token_invalid',
  'actor_token_invalid',
  'token_type_mismatch',
  'same_token',
  'actor_is_subject',
  'actor_chain_splicing',
  'actor_not_bound_to_caller',
  'may_act_malformed',
  'may_act_mismatch',
  'actor_not_allowed',
  'no_delegation_grant',
  'impersonation_not_allowed',
  'act_malformed',
  'act_not_trusted',
  'chain_too_deep',
  'chain_loop',
  'sender_constrained',
  'caller_not_in_audience',
  'scope_not_allowed',
  'no_policy_applies',
  'policy_denied',
  'ambiguous_targets',
  'policy_conflict',
  'lifetime_exhausted',
] as const;

export type Reason = (typeof REASONS)[number];

/**
 * What the wire says about a reason (RFC 8693 section 2.2.2, RFC 6749 section 5.2): the code, and one plain sentence
 * that does not tell the caller which rule it met. The reason is for the log and for explain.
 */
export function refusalError(reason: Reason): OAuthError {
  switch (reason) {
    case 'subject_token_invalid':
    case 'act_malformed':
    case 'act_not_trusted':
    case 'sender_constrained':
    case 'lifetime_exhausted':
      return new OAuthError('invalid_request', 'The subject token is not acceptable', { detail: reason });
    case 'actor_token_invalid':
    case 'actor_chain_splicing':
    case 'actor_not_bound_to_caller':
      return new OAuthError('invalid_request', 'The actor token is not acceptable', { detail: reason });
    case 'token_type_mismatch':
      return new OAuthError('invalid_request', 'A token is not of its declared type', { detail: reason });
    case 'same_token':
    case 'actor_is_subject':
    case 'may_act_malformed':
    case 'may_act_mismatch':
    case 'actor_not_allowed':
    case 'no_delegation_grant':
    case 'impersonation_not_allowed':
    case 'chain_too_deep':
    case 'chain_loop':
    case 'caller_not_in_audience':
    case 'policy_denied':
      return new OAuthError('invalid_request', 'The exchange is not allowed', { detail: reason });
    case 'no_policy_applies':
      return new OAuthError('invalid_target', 'A requested target is not allowed', { detail: reason });
    case 'ambiguous_targets':
      return new OAuthError('invalid_target', 'The requested targets need a request each', { detail: reason });
    case 'scope_not_allowed':
      return new OAuthError('invalid_scope', 'The requested scope is not allowed', { detail: reason });
    case 'policy_conflict':
      return new OAuthError('server_error', 'The policy contradicts itself', { detail: reason });
  }
}
