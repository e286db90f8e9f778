import * as z from 'zod';
import { digestOf } from '@mandate/delegations';
import { type KeyStore, parseCompactJws, type TokenSigner, verifySignature } from '@mandate/token';

/** A question that waits for its answer, as a caller can hand it in again. */
export interface OpenQuestion {
  authReqId: string;
  /** Epoch seconds. */
  expiresAt: number;
  /** Seconds between two polls. */
  interval: number;
  /** What the caller names it by. */
  handle: string;
}

/**
 * The names by which callers poll. Nothing is kept of them: each is signed, and good for the one binding it was made
 * for, at every replica that has the keys. Shown to authentication it names nothing: there token-exchange alone asks.
 */
export interface ConsentHandles {
  seal(question: Omit<OpenQuestion, 'handle'>, binding: string): Promise<OpenQuestion>;
  /** `undefined` for one that was not made here, or for another binding. */
  open(handle: string, binding: string): Promise<OpenQuestion | undefined>;
}

/** No token: it has neither issuer nor subject, and a type that no verifier accepts (RFC 8725 section 3.11). */
const TYPE = 'consent-question+jwt';
const claimsSchema = z.strictObject({
  question: z.string(),
  binding: z.string(),
  interval: z.int().positive(),
  exp: z.int().positive(),
});

export function createConsentHandles(options: {
  signer: TokenSigner;
  keyStore: Pick<KeyStore, 'verificationKeys'>;
}): ConsentHandles {
  const { signer, keyStore } = options;
  return {
    async seal(question, binding) {
      const { authReqId, interval, expiresAt: exp } = question;
      const claims = { question: authReqId, binding: digestOf(binding), interval, exp };
      return { ...question, handle: await signer.sign(claims, { typ: TYPE }) };
    },
    async open(handle, binding) {
      const parsed = parseCompactJws(handle);
      if (!parsed.ok || parsed.jws.header.typ !== TYPE) return undefined;
      if (!verifySignature(parsed.jws, await keyStore.verificationKeys())) return undefined;
      const read = claimsSchema.safeParse(parsed.jws.claims);
      if (!read.success || read.data.binding !== digestOf(binding)) return undefined;
      const { question: authReqId, interval, exp: expiresAt } = read.data;
      return { authReqId, interval, expiresAt, handle };
    },
  };
}
