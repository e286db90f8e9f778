import type { JsonObject } from '@mandate/ports';

/** How far an issuer is believed. */
export interface IssuerTrust {
  /** One of our own services issues under this name. */
  own: boolean;
  /** The one issuer that names our own clients, whichever of our services issued; absent: the issuer itself. */
  clientIssuer?: string;
  /** Its `may_act` claims are believed (docs/delegation.md section 3). */
  mayAssertMayAct: boolean;
  /** Its `act` claims are believed (docs/delegation.md section 4). */
  mayAssertAct: boolean;
  /** It may say who is there, without a token of theirs: the user assertion grant. */
  mayAssertUsers?: boolean;
  /** Its ID tokens introspect as active without the hint `id_token`. */
  allowIdTokens: boolean;
}

/** Another server's word is taken for whether a token is good, and for nothing that it says of delegation. */
export const NO_TRUST: IssuerTrust = {
  own: false,
  mayAssertMayAct: false,
  mayAssertAct: false,
  allowIdTokens: false,
};

/** What a token is by its own header and claims, whatever it was declared as; `am_session`: a session that AM vouched for. */
export type TokenKind = 'access_token' | 'id_token' | 'jwt' | 'am_session';

/** What a token says after verification: data, never the string. Times are epoch seconds. */
export interface VerifiedToken {
  /** As signed, in the form of `normalClaims`. */
  claims: JsonObject;
  header: { alg: string; typ?: string | undefined; kid?: string | undefined };
  kind: TokenKind;
  issuer: string;
  subject: string | undefined;
  /** `client_id`, else `azp`, else `cid`. */
  clientId: string | undefined;
  /** `undefined` when there is no scope claim. */
  scopes: readonly string[] | undefined;
  audience: readonly string[];
  expiresAt: number;
  issuedAt: number | undefined;
  /** Unique over all issuers and the same in every service: see `tokenIdentifier`. */
  id: string;
  trust: IssuerTrust;
}

/** Why a token was refused. A closed set: it is a log field and a metric label. */
export type TokenRefusal =
  | 'too_large'
  | 'malformed'
  | 'unsupported_header'
  | 'algorithm_not_allowed'
  | 'unknown_issuer'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_type'
  | 'bad_claim'
  | 'no_expiry'
  | 'expired'
  | 'not_yet_valid'
  | 'issued_in_future'
  | 'lifetime_too_long'
  | 'wrong_audience'
  | 'no_session'
  | 'inactive'
  | 'revoked';

export type VerifyResult = { ok: true; token: VerifiedToken } | { ok: false; reason: TokenRefusal };

export interface TokenVerifier {
  /** Never throws for a bad token. @throws UpstreamError when the issuer's keys cannot be had. */
  verify(token: string): Promise<VerifyResult>;
}
