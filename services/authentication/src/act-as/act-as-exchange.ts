import { type Form, JWT_BEARER_GRANT } from '@mandate/oauth';
import type { EndpointRequest } from '@mandate/service-kit';
import type { GrantedToken } from '@mandate/token-endpoint';

/** Who wants to act as somebody, what they sent, and on what request that is. */
export interface ActAsQuestion {
  /** A fresh access token of the party: it calls with it, and is proved to be there by it. */
  token: string;
  form: Form;
  request: Pick<EndpointRequest, 'address' | 'context' | 'signal'>;
}

/** Port: token-exchange, where alone it is decided who may act as whom. */
export interface ActAsExchange {
  /**
   * @throws OAuthError as token-exchange answers: what it says of a form, a scope or a target, or that it is not allowed.
   * @throws UpstreamError when it gives no answer of that kind.
   */
  exchange(question: ActAsQuestion): Promise<GrantedToken>;
}

/** What of the form is token-exchange's to read. */
const FORWARDED_FIELDS = ['scope', 'claims', 'resource', 'audience', 'requested_token_type', 'narrow'];

/** The form that token-exchange is asked with (RFC 7523 section 2.1). */
export function actAsForm({ token, form }: Pick<ActAsQuestion, 'token' | 'form'>): Form {
  const fields = [...form].filter(([name]) => FORWARDED_FIELDS.includes(name));
  return new Map([['grant_type', [JWT_BEARER_GRANT]], ['assertion', [token]], ...fields]);
}
