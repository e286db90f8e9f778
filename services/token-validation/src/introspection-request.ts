import { type Form, requiredParameter, singleParameter } from '@mandate/oauth';
import { type TokenTypeHint, parseTokenTypeHint } from '@mandate/token';

/** A request of RFC 7662 section 2.1. */
export interface IntrospectionRequest {
  token: string;
  hint: TokenTypeHint | undefined;
}

/** Reads the form. @throws OAuthError `invalid_request` when a parameter is missing or repeated. */
export function parseIntrospectionRequest(form: Form): IntrospectionRequest {
  const token = requiredParameter(form, 'token');
  return { token, hint: parseTokenTypeHint(singleParameter(form, 'token_type_hint')) };
}
