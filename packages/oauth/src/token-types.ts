/** Token type identifiers (RFC 8693 section 3, and two of our own). */
export const TOKEN_TYPE = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  amSession: 'urn:mandate:token-type:am-session',
  /** No token at all: whom to ask. */
  loginHint: 'urn:mandate:token-type:login-hint',
} as const;

export type TokenType = (typeof TOKEN_TYPE)[keyof typeof TOKEN_TYPE];

/** Those that a JWT is declared as. */
export const JWT_TOKEN_TYPES: readonly TokenType[] = [TOKEN_TYPE.accessToken, TOKEN_TYPE.idToken, TOKEN_TYPE.jwt];

export const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** A JWT as an authorization grant (RFC 7523 section 2.1). */
export const JWT_BEARER_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** A JWT by which a client authenticates (RFC 7523 section 2.2). */
export const JWT_BEARER_CLIENT_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const CLIENT_CREDENTIALS_GRANT = 'client_credentials';
export const REFRESH_TOKEN_GRANT = 'refresh_token';
/** A person's word, asked for without them being at the client (OpenID CIBA Core section 10.1). */
export const CIBA_GRANT = 'urn:openid:params:grant-type:ciba';

const EXACT: ReadonlyMap<string, TokenType> = new Map(Object.values(TOKEN_TYPE).map((type) => [type, type]));
const AM_SESSION_ENDINGS = ['ssotoken', 'sso_token', 'ssoktoken'];

/** The type a `subject_token_type` or `actor_token_type` names, IMS spellings included; `undefined` for any other. */
export function parseTokenType(identifier: string): TokenType | undefined {
  if (AM_SESSION_ENDINGS.some((ending) => identifier.endsWith(ending))) return TOKEN_TYPE.amSession;
  return EXACT.get(identifier);
}

/** The type a `requested_token_type` names: an access token or a JWT (IMS: bare `jwt` too); `undefined` for any other. */
export function parseRequestedTokenType(identifier: string): TokenType | undefined {
  if (identifier === 'jwt') return TOKEN_TYPE.jwt;
  const type = EXACT.get(identifier);
  return type === TOKEN_TYPE.accessToken || type === TOKEN_TYPE.jwt ? type : undefined;
}
