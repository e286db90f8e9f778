/** Decodes base64url that is unpadded, non-empty and canonical (RFC 7515 section 2); `undefined` for anything else. */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}
