const ALPHABET = /^[A-Za-z0-9_-]+$/;

/** Decodes base64url that is unpadded, non-empty and canonical (RFC 7515 section 2); `undefined` for anything else. */
export function decodeBase64url(text: string): Buffer | undefined {
  if (!ALPHABET.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
