/** A resource pattern of the IMS policy file: exact text, or a prefix up to the first `*`. */
export type ResourcePattern =
  { kind: 'exact'; text: string } | { kind: 'prefix'; text: string; prefix: string; port: boolean };

const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;
const HOST_AND_COLON = /^(?:[^@:[\]]+|\[[0-9a-f:.]+\]):$/i;
const PORT_THEN_PATH = /^(?:\*|\d{1,5})(?:[/?]|$)/;
const DOT_SEGMENT = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\?#;]|%2f|%5c|$)/i;

/**
 * Reads a pattern. A prefix that ends inside the authority is refused, since `http://host*` would match
 * `http://host.evil`; only a complete `host:` may be followed by `*`, which then stands for a port.
 * Returns what is wrong as text.
 */
export function parsePattern(text: string): ResourcePattern | string {
  const star = text.indexOf('*');
  if (star === -1) return { kind: 'exact', text };
  const prefix = text.slice(0, star);
  if (prefix !== '' && ('http://'.startsWith(prefix) || 'https://'.startsWith(prefix))) {
    return 'the prefix ends before the host, so it would match every host';
  }
  const authority = AUTHORITY.exec(prefix);
  if (authority === null || authority[0].length < prefix.length) return { kind: 'prefix', text, prefix, port: false };
  if (!HOST_AND_COLON.test(authority[1] ?? '')) return 'the prefix ends inside the host, so it would match other hosts';
  return { kind: 'prefix', text, prefix, port: true };
}

/**
 * Whether a requested resource matches: the pattern's own text, or a continuation of its prefix. A resource with
 * dot segments or backslashes matches no prefix: it may name another place than its text begins with.
 */
export function matchesPattern(pattern: ResourcePattern, resource: string): boolean {
  if (resource === pattern.text) return true;
  if (pattern.kind === 'exact' || !resource.startsWith(pattern.prefix)) return false;
  const rest = resource.slice(pattern.prefix.length);
  if (resource.includes('\\') || hasDotSegments(resource)) return false;
  return !pattern.port || PORT_THEN_PATH.test(rest);
}

/** As a server may come to see it that decodes a path first, or takes parameters out of it (`/..;a=b/`). */
export function hasDotSegments(text: string): boolean {
  return DOT_SEGMENT.test(text);
}
