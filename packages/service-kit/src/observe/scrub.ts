/** A token begins as JSON does in base64url: `{"`, or white space behind the brace. It may be cut off anywhere. */
const TOKEN_LIKE = /(?:eyJ|eyA|ew[0ko])[\w-]{16,}(?:\.[\w-]*)*/g;
const LONG_BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}={0,2}/g;

/** The second net under the log: replaces what looks like a token, a key or a secret, wherever it came from. */
export function scrub(text: string): string {
  return scrubTokens(text).replace(LONG_BASE64, (run) => (isPath(run) ? run : '[redacted]'));
}

/** Replaces what looks like a token and nothing else: for identifiers, which may be long and random themselves. */
export function scrubTokens(text: string): string {
  return text.replace(TOKEN_LIKE, '[token]');
}

/** A file path or URL path: no segment of it is long. */
function isPath(run: string): boolean {
  return run.includes('/') && run.split('/').every((segment) => segment.length <= 24 && !looksRandom(segment));
}

function looksRandom(segment: string): boolean {
  return segment.length > 8 && /\d/.test(segment) && /[a-z]/.test(segment) && /[A-Z]/.test(segment);
}
