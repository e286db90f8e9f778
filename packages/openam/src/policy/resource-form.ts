import { hasDotSegments } from '@mandate/policy';

const URL_START = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is;

/**
 * Whether a resource names for everybody what it names for AM. AM folds the case of a URL's host and resolves dot
 * segments before it compares; a resource server compares octet for octet.
 */
export function isComparedExactly(resource: string): boolean {
  const [, scheme, authority, rest] = URL_START.exec(resource) ?? [];
  if (scheme === undefined || authority === undefined || rest === undefined) return true;
  if (scheme !== scheme.toLowerCase() || authority !== authority.toLowerCase()) return false;
  return !resource.includes('\\') && !hasDotSegments(rest);
}
