/** How client secrets are stored (`CLIENT_SECRET_SECURITY_SCHEME`). */
export type SecretScheme = 'none' | 'hmac-sha256' | 'scrypt' | 'argon2id';

/** Stands where plain text stood in the file, from loading on: its digest. No file may use it. */
export const LOADED_PLAIN = 'sha256';

/** Stands where a directory keeps the secret to itself: the name of the entry to bind as. No file may use it. */
export const BIND = 'bind';

/** One scheme: how a stored value, without its `{scheme}` prefix, is made and compared. */
export interface SecretHashing {
  scheme: SecretScheme | typeof LOADED_PLAIN | typeof BIND;
  /** Takes so long that it runs off the event loop, through the bounded queue. */
  slow: boolean;
  /** A well-formed stored value of usual cost that no secret matches. */
  dummy: string;
  isWellFormed(value: string): boolean;
  /** Whether it is the secret of that stored value; `value` must be well-formed. */
  matches(value: string, secret: string): Promise<boolean>;
  hash(secret: string): Promise<string>;
}

/** Longest secret in UTF-8 bytes, so that hashing has a bounded cost and nothing is ever cut (docs/security.md C8). */
export const MAX_SECRET_BYTES = 256;

/** Whether a secret has a length that can be checked: 1 to 256 bytes as UTF-8. */
export function isSecretLength(secret: string): boolean {
  return secret !== '' && Buffer.byteLength(secret) <= MAX_SECRET_BYTES;
}
