import { randomBytes } from 'node:crypto';
import { isSecretLength, MAX_SECRET_BYTES } from './secret-hashing.js';
import { createSecretSchemes, type SecretSettings } from './secret-schemes.js';

/** A new secret of 256 random bits, base64url. */
export function generateClientSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * What a client record holds for this secret: the hash with its `{scheme}` prefix, or with `none` the secret.
 * @throws RangeError for an empty secret or one over 256 bytes.
 */
export async function hashClientSecret(secret: string, settings: SecretSettings): Promise<string> {
  if (!isSecretLength(secret)) throw new RangeError(`A client secret has 1 to ${MAX_SECRET_BYTES} bytes`);
  const { usual } = createSecretSchemes(settings);
  const value = await usual.hash(secret);
  return usual.scheme === 'none' ? value : `{${usual.scheme}}${value}`;
}
