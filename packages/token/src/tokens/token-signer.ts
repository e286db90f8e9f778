import { areNormal, normalClaims, OAuthError } from '@mandate/oauth';
import { MAX_JSON_DEPTH, type JsonObject } from '@mandate/ports';
import { MAX_TOKEN_LENGTH, parseCompactJws } from '../jws/compact-jws.js';
import { signJws } from '../jws/sign-jws.js';
import type { KeyStore } from '../keys/key-store.js';
import { readRegisteredClaims } from './read-claims.js';
import { isAccessTokenType } from './token-kind.js';
import type { TokenRefusal } from './verified-token.js';

export interface SignOptions {
  /** The header's `typ`; default: that of the signer. */
  typ?: string;
}

/** Signs claims with the current signing key, as a compact JWS whose header is `alg`, `kid` and `typ`. */
export interface TokenSigner {
  /** @throws UnacceptableTokenError for an access token that would be refused wherever it is shown. */
  sign(claims: JsonObject, options?: SignOptions): Promise<string>;
}

/** A token that no verifier here would accept is not issued; `reason` is why it would be refused. */
export class UnacceptableTokenError extends Error {
  readonly reason: TokenRefusal;

  constructor(reason: TokenRefusal) {
    super(`a token that is refused as ${reason}`);
    this.name = 'UnacceptableTokenError';
    this.reason = reason;
  }
}

/** What a client is told instead of {@link UnacceptableTokenError}; any other error is left as it is. */
export function issuingError(error: unknown): unknown {
  if (!(error instanceof UnacceptableTokenError)) return error;
  const description =
    error.reason === 'too_large'
      ? 'The token would be larger than is accepted anywhere: ask for fewer scopes or audiences'
      : 'The token would have a claim that is accepted nowhere: see the attributes it is made of';
  return new OAuthError('invalid_request', description, { detail: error.reason });
}

export interface TokenSignerOptions {
  keyStore: KeyStore;
  /** The header's `typ` of tokens that are given none; default `at+jwt` (RFC 9068 section 2.1). */
  typ?: string | undefined;
}

/**
 * Signs with the key that the store signs with now.
 *
 * @example
 * const token = await createTokenSigner({ keyStore }).sign({ iss, sub, aud, client_id, iat, exp, jti });
 */
export function createTokenSigner({ keyStore, typ: usual = 'at+jwt' }: TokenSignerOptions): TokenSigner {
  return {
    async sign(claims, options = {}) {
      const { typ = usual } = options;
      const { alg, kid, key } = await keyStore.signingKey();
      const payload = JSON.stringify(claims);
      const token = await signJws(payload, { alg, kid, typ }, key);
      const isAccessToken = options.typ === undefined || isAccessTokenType(typ);
      const refusal = isAccessToken ? refusalOf(token, payload, claims) : undefined;
      if (refusal !== undefined) throw new UnacceptableTokenError(refusal);
      return token;
    },
  };
}

/** Base64url characters that a header, a `jti` and the longest signature (RSA of 4096 bits) may add to the claims. */
const BESIDE_CLAIMS = 1200;

/** Why an access token of these claims would be refused wherever it is shown; `jti` may still be missing. */
export function refusalOfClaims(claims: JsonObject): TokenRefusal | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(claims));
  if (Math.ceil((bytes * 4) / 3) + BESIDE_CLAIMS > MAX_TOKEN_LENGTH) return 'too_large';
  const read = readRegisteredClaims(claims);
  return read.ok ? undefined : read.reason;
}

/** Signs nothing, and refuses what could be too large, or be refused for its claims, with whatever key it is signed. */
export function createTrialSigner(): TokenSigner {
  return {
    sign(claims) {
      const refusal = refusalOfClaims(claims);
      return refusal === undefined ? Promise.resolve('') : Promise.reject(new UnacceptableTokenError(refusal));
    },
  };
}

/** Whoever got such a token would hold one that is inactive from the first moment on, and find no reason. */
function refusalOf(token: string, payload: string, claims: JsonObject): TokenRefusal | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return 'too_large';
  const parsed = isSurelyRead(payload) ? undefined : parseCompactJws(token);
  if (parsed?.ok === false) return parsed.reason;
  const read = readRegisteredClaims(areNormal(claims) ? claims : normalClaims(claims));
  return read.ok ? undefined : read.reason;
}

const ESCAPE = String.raw`\u`;

/** Of what JSON.stringify writes, the strict reader refuses no more than deep nesting and what it writes as an escape. */
function isSurelyRead(payload: string): boolean {
  return !payload.includes(ESCAPE) && countOf('{', payload) + countOf('[', payload) <= MAX_JSON_DEPTH;
}

function countOf(character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++;
  return count;
}
