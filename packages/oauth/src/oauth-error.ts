import type { JsonObject } from '@mandate/ports';

/**
 * Every OAuth error code this product answers with, and its HTTP status.
 * RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 7009 section 2.2.1, RFC 8693 section 2.2.2, RFC 9396 section 5,
 * OpenID CIBA Core sections 11 and 13.
 */
export const ERROR_STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_token_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_authorization_details: 400,
  invalid_binding_message: 400,
  expired_login_hint_token: 400,
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  access_denied: 403,
  server_error: 500,
  temporarily_unavailable: 503,
} as const;

export type OAuthErrorCode = keyof typeof ERROR_STATUS;

export interface OAuthErrorOptions {
  /** For the log only, never for the wire. Must not contain a token, a secret or a claim value. */
  detail?: string;
  cause?: unknown;
  /** Overrides the code's usual status (413, 415, 429, 431 keep an OAuth error body). */
  status?: number;
  /** Extra response headers, for instance `WWW-Authenticate`. Never built from client text. */
  headers?: Readonly<Record<string, string>>;
  /** Further members of the body, as OpenID CIBA and RFC 9396 have them. */
  members?: JsonObject;
}

/** A refusal that the protocol defines. Rendered as `{"error","error_description"}` with the code's status. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly description: string;
  readonly detail: string | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: JsonObject;

  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(description, { cause: options.cause });
    this.name = 'OAuthError';
    this.code = code;
    this.description = description;
    this.detail = options.detail;
    this.status = options.status ?? ERROR_STATUS[code];
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }
}

const FORBIDDEN_IN_DESCRIPTION = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/** The text with every character outside RFC 6749 section 5.2's `error_description` set replaced, at most 200 long. */
export function errorDescription(text: string): string {
  return text.replace(FORBIDDEN_IN_DESCRIPTION, '?').slice(0, 200);
}
