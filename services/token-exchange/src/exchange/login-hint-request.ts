import type { DefaultTarget } from '@mandate/clients';
import { type Form, OAuthError, parseActAs, requiredParameter, singleParameter, tokenParameter } from '@mandate/oauth';
import { type ExchangeRequestSyntax, parseActor, type PresentedToken } from './exchange-request.js';
import type { Terms } from './question.js';
import { parseTerms } from './terms.js';

/** An exchange whose subject is a person to be asked (docs/help-desk.md). */
export interface LoginHintRequest {
  loginHint: string;
  actor: PresentedToken;
  /** What the person can tell this request from others by. */
  bindingMessage: string | undefined;
  /** The question that was put before, as the caller was told it. */
  authReqId: string | undefined;
  terms: Terms;
}

const MAX_HINT_LENGTH = 256;

/** @throws OAuthError `invalid_request`, `invalid_target` or `invalid_scope`. */
export function parseLoginHintRequest(
  form: Form,
  syntax: ExchangeRequestSyntax,
  defaultTargets: readonly DefaultTarget[] = [],
): LoginHintRequest {
  if (parseActAs(form, syntax.actAsPrefixes) !== undefined) {
    throw new OAuthError('invalid_request', 'Whom to act as is named with an assertion, not with a login hint');
  }
  const loginHint = requiredParameter(form, 'subject_token');
  if (loginHint.length > MAX_HINT_LENGTH) {
    throw new OAuthError('invalid_request', `A login hint has at most ${MAX_HINT_LENGTH} characters`);
  }
  const actor = parseActor(form);
  if (actor === undefined) throw new OAuthError('invalid_request', 'Who will act is said by an actor token');
  return {
    loginHint,
    actor,
    bindingMessage: singleParameter(form, 'binding_message'),
    authReqId: tokenParameter(form, 'auth_req_id'),
    terms: parseTerms(form, syntax.resourceSyntax, defaultTargets),
  };
}
