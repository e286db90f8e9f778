import { hash, timingSafeEqual } from 'node:crypto';

/** Whether two secrets are the same, in a time that tells nothing about either, not even the length (CWE-208). */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

/** Whether two digests of one length are the same, in a time that does not tell where they differ. */
export function equalDigests(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function sha256(value: string): Buffer {
  return hash('sha256', value, 'buffer');
}
