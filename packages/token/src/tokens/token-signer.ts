import { CompactSign } from 'jose';
import type { JsonObject } from '@mandate/ports';
import type { KeyStore } from '../keys/key-store.js';

export interface SignOptions {
  /** The header's `typ`; default `at+jwt` (RFC 9068 section 2.1). */
  typ?: string;
}

/** Signs claims with the current signing key, as a compact JWS whose header is `alg`, `kid` and `typ`. */
export interface TokenSigner {
  sign(claims: JsonObject, options?: SignOptions): Promise<string>;
}

export function createTokenSigner({ keyStore }: { keyStore: KeyStore }): TokenSigner {
  return {
    async sign(claims, { typ = 'at+jwt' } = {}) {
      const { alg, kid, key } = await keyStore.signingKey();
      const payload = new TextEncoder().encode(JSON.stringify(claims));
      return new CompactSign(payload).setProtectedHeader({ alg, kid, typ }).sign(key);
    },
  };
}
