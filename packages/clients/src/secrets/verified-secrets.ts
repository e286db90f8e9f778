import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, isRecent } from '@mandate/ports';

/** One check of one stored value. */
export type SecretCheck = (claim: { clientId: string; secret: string; value: string }) => Promise<boolean>;

const MAX_REMEMBERED = 10_000;

/**
 * Remembers for a short time which secrets passed a slow check, and lets the same question asked twice at once be
 * answered once. Kept under an HMAC with a key of this process, never the secret; a refusal is not remembered.
 */
export function withVerifiedSecrets(
  check: SecretCheck,
  { clock, rememberSeconds }: { clock: Clock; rememberSeconds: number },
): SecretCheck {
  const key = randomBytes(32);
  const verifiedAt = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  const questions = new Map<string, Promise<boolean>>();

  return async (claim) => {
    const { clientId, value, secret } = claim;
    const name = createHmac('sha256', key)
      .update(JSON.stringify([clientId, value, secret]))
      .digest('base64url');
    if (isRecent(verifiedAt.get(name) ?? -Infinity, { now: clock(), seconds: rememberSeconds })) return true;
    const question = questions.get(name) ?? check(claim).finally(() => questions.delete(name));
    questions.set(name, question);
    const isVerified = await question;
    if (isVerified) verifiedAt.set(name, clock());
    return isVerified;
  };
}
