import type { JsonObject } from '@mandate/ports';
import type { TokenRefusal, VerifiedToken } from '../tokens/verified-token.js';

/** What a caller says a token is. Only a hint: it never changes whether a token is found (RFC 7662 section 2.1). */
export type TokenTypeHint = 'access_token' | 'id_token' | 'openam_sso';

/** Why a token is inactive: for the log and the metrics, never for the caller (RFC 7662 section 2.2). */
export type InactiveReason = TokenRefusal | 'id_token_not_asked_for';

/** `claims` is the answer without `active` or a prototype, not to be changed; `token` where it can be revoked here. */
export type Introspection =
  | { outcome: 'active'; claims: Readonly<JsonObject>; token?: VerifiedToken }
  | { outcome: 'inactive'; reason?: InactiveReason }
  | { outcome: 'not_mine' };

/** Port: one way to tell whether a token is active. */
export interface TokenIntrospector {
  /** @throws UpstreamError when the question could not be answered. */
  introspect(token: string, hint?: TokenTypeHint): Promise<Introspection>;
}

const HINTS: ReadonlyMap<string, TokenTypeHint> = new Map([
  ['access_token', 'access_token'],
  ['id_token', 'id_token'],
  ['openam_sso', 'openam_sso'],
  ['ssotoken', 'openam_sso'],
  ['sso_token', 'openam_sso'],
]);

/** Reads a `token_type_hint`; an unknown one is no hint. */
export function parseTokenTypeHint(hint: string | undefined): TokenTypeHint | undefined {
  return hint === undefined ? undefined : HINTS.get(hint);
}
