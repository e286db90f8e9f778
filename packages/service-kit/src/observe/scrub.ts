/** No text that is shorter than these is replaced. */
const MIN_TOKEN_LENGTH = 19;
const MIN_SECRET_LENGTH = 40;
/** A token begins as JSON does in base64url: `{"`, or white space behind the brace. It may be cut off anywhere. */
const TOKEN_LIKE = /(?:eyJ|eyA|ew[0ko])[\w-]{16,}(?:\.[\w-]*)*/g;
const LONG_BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}={0,2}/g;
/** Words in capitals: a variable, whose name is what the log is there to tell. */
const VARIABLE_NAME = /^[A-Z]{1,16}\d?(?:_[A-Z]{1,16}\d?)+$/;
/** Of SHA-256, which hides what it is of: the identifier of a token, as its lineage and the audit have it. */
const DIGEST_PREFIX = 'sha256:';
const DIGEST = /^[A-Za-z0-9_-]{43}$/;

/** The second net under the log: replaces what looks like a token, a key or a secret, wherever it came from. */
export function scrub(text: string): string {
  if (text.length < MIN_SECRET_LENGTH) return scrubTokens(text);
  return scrubTokens(text).replace(LONG_BASE64, (run, at: number, whole: string) => {
    const isDigest = DIGEST.test(run) && whole.slice(0, at).endsWith(DIGEST_PREFIX);
    return isDigest || isPath(run) || VARIABLE_NAME.test(run.replace(/=+$/, '')) ? run : '[redacted]';
  });
}

/** Replaces what looks like a token and nothing else: for identifiers, which may be long and random themselves. */
export function scrubTokens(text: string): string {
  return text.length < MIN_TOKEN_LENGTH ? text : text.replace(TOKEN_LIKE, '[token]');
}

/** A file path or URL path: no segment of it is long. */
function isPath(run: string): boolean {
  return run.includes('/') && run.split('/').every((segment) => segment.length <= 24 && !looksRandom(segment));
}

function looksRandom(segment: string): boolean {
  return segment.length > 8 && /\d/.test(segment) && /[a-z]/.test(segment) && /[A-Z]/.test(segment);
}
