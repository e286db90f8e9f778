import type { Agreement } from '../agreement.js';

/** What a refresh token stands for (RFC 6749 section 6). Times are epoch seconds. */
export interface RefreshToken {
  /** SHA-256 of the token in base64url: the token itself is not kept. */
  digest: string;
  /** The delegation that it belongs to. */
  grantId: string;
  clientId: string;
  sub: string;
  scopes: readonly string[];
  /** What its access tokens are for; none: as any token of the client. */
  resources: readonly string[];
  agreement?: Agreement;
  acr?: string;
  amr?: readonly string[];
  authTime?: number;
  expiresAt: number;
}

/** `unknown` is also said of a token of another client, of one that has expired and of one whose delegation is over. */
export type RotateOutcome =
  { kind: 'rotated'; token: RefreshToken } | { kind: 'reused'; grantId: string } | { kind: 'unknown' };

/**
 * Port: refresh tokens, each used once, the same for every replica. Every method @throws UpstreamError, and OAuthError
 * `invalid_request` for what is too large to keep.
 */
export interface RefreshTokenStore {
  /** Keeps the first token of a delegation. */
  issue(token: RefreshToken): Promise<void>;
  /** The token while it can be used, to be looked at before it is used up. */
  find(digest: string, clientId: string): Promise<RefreshToken | undefined>;
  /**
   * Puts the next token in the place of this one and answers the next one's record. A token used before is `reused`:
   * somebody has a copy, so no token of the delegation is good from then on, and whoever asked has to end it
   * (RFC 9700 section 4.14.2).
   */
  rotate(digest: string, clientId: string, next: Pick<RefreshToken, 'digest' | 'expiresAt'>): Promise<RotateOutcome>;
  /**
   * Makes `to` the good token again where `from` is it: for a rotation that may have been written although it failed,
   * and whose next token nobody was told. Anything else stays as it is.
   */
  takeBack(grantId: string, digests: { from: string; to: string }): Promise<void>;
  /** Ends every token of the delegation. */
  end(grantId: string): Promise<void>;
}
