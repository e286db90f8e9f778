import type { Caller } from '@mandate/clients';
import type { JsonObject } from '@mandate/ports';
import type { EndpointRequest } from '@mandate/service-kit';

/** A request for a token by a caller that has proved who it is and may use the grant. */
export interface GrantRequest<C extends Caller = Caller> extends EndpointRequest {
  caller: C;
  /** `cnf` of the access token (RFC 7800), for a client that gets no others. */
  confirmation?: JsonObject | undefined;
}

/**
 * One `grant_type` of a token endpoint: a file in `grants/` of its service, and a line where the service lists them.
 * It decides and issues; what every grant needs stands around it in `createTokenEndpoints`.
 *
 * @example
 * const grant: Grant = {
 *   grantType: 'client_credentials',
 *   issue: ({ caller }) => issueToken({ subject: { sub: caller.clientId }, scopes: caller.scopes }),
 * };
 */
export interface Grant<C extends Caller = Caller> {
  grantType: string;
  /** Scope that a caller needs to use it; absent: none. */
  requiredScope?: string;
  /**
   * @throws OAuthError for a refusal of RFC 6749 section 5.2.
   * @throws UpstreamError when what is needed to decide cannot be had.
   */
  issue(request: GrantRequest<C>): Promise<GrantedToken>;
}

/** What a grant gives. */
export interface GrantedToken {
  /** For the wire. */
  token: string;
  /** What the log names it by: its identifier, as the lineage of what is derived from it has it. */
  tokenId: string;
  /** `N_A` for a token that is no access token (RFC 8693 section 2.2.1). */
  tokenType: 'Bearer' | 'N_A';
  /** Seconds. */
  expiresIn: number;
  scopes: readonly string[];
  /** What the response has beyond RFC 6749 section 5.1. */
  members?: JsonObject;
  /** Headers of the response. */
  headers?: Readonly<Record<string, string>>;
}
