import type { Client } from '@mandate/clients';
import type { Form } from '@mandate/oauth';
import type { IssuedToken } from './issue-token.js';

/** A request for a token by a client that has proved who it is. */
export interface GrantRequest {
  client: Client;
  form: Form;
}

/** Turns a request for one `grant_type` into a token. @throws OAuthError for a refusal of RFC 6749 section 5.2 */
export type Grant = (request: GrantRequest) => Promise<IssuedToken>;

/** The grants of the token endpoint by `grant_type`. */
export type Grants = ReadonlyMap<string, Grant>;
