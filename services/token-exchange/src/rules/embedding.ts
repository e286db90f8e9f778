import { intersectScopes } from '@mandate/oauth';
import type { Authority, EmbeddedGrant } from '@mandate/policy';
import { type EmbeddedToken, type IssuedToken, renderClaims } from '../issue/token-claims.js';
import { needsPlaces } from './agreement.js';
import { type Checked, passed, refused } from './checked.js';

const MAX_BYTES = 12_288;
/** Base64url characters that a header, a `jti` and the longest signature (RSA of 4096 bits) may add to claims. */
const BESIDE_CLAIMS = 1200;

/**
 * The tokens inside a token, for services behind its audience: the same subject and chain, never more than the token
 * around them says, never for longer, and nowhere that the person did not agree to whose word it comes of.
 */
export function embedTokens(token: IssuedToken, { embed }: Pick<Authority, 'embed'>): Checked<EmbeddedToken[]> {
  const facts = () => ({ claims: embed.map(({ claim }) => claim), audiences: embed.map(({ audience }) => audience) });
  const taken = { ...token.carriedClaims, ...token.additionalClaims };
  if (embed.some(({ claim }) => Object.hasOwn(taken, claim))) {
    return refused('policy_conflict', 'a claim of its own for each embedded token', facts);
  }
  if (embed.some(({ audience }) => token.audiences.includes(audience))) {
    return refused('policy_conflict', 'embedded tokens for other audiences than that of the token', facts);
  }
  const outside =
    token.agreement &&
    needsPlaces(
      token.agreement,
      embed.map(({ audience }) => audience),
    );
  if (outside !== undefined) return refused('outside_agreement', outside, facts);
  const embedded = embed.map((grant) => ({ claim: grant.claim, token: embeddedToken(token, grant) }));
  const inside = embedded.map((one) => signedLength(Buffer.byteLength(JSON.stringify(renderClaims(one.token)))));
  const bytes = inside.reduce((sum, length) => sum + length, Buffer.byteLength(JSON.stringify(renderClaims(token))));
  if (signedLength(bytes) <= MAX_BYTES) return passed(facts, embedded);
  return refused('token_too_large', 'fewer or smaller embedded tokens: the whole stays under 12 KiB', facts);
}

function embeddedToken(token: IssuedToken, grant: EmbeddedGrant): IssuedToken {
  const { audience, scopes, expirationSeconds = Infinity, additionalClaims = {} } = grant;
  return {
    ...token,
    audiences: [audience],
    scopes: intersectScopes(scopes, token.scopes),
    expiresAt: Math.min(token.expiresAt, token.issuedAt + expirationSeconds),
    additionalClaims,
    carriedClaims: {},
    embedded: [],
  };
}

function signedLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3) + BESIDE_CLAIMS;
}
