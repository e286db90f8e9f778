import { hash, randomBytes } from 'node:crypto';

const BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/** A new identifier, known only to whoever was told it: 256 random bits. */
export function createOpaqueIdentifier(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** What is kept instead of an identifier, its SHA-256; `undefined` for text that never was one. */
export function digestOfIdentifier(identifier: string): string | undefined {
  return FORM.test(identifier) ? digestOf(identifier) : undefined;
}

/** SHA-256 in base64url. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
