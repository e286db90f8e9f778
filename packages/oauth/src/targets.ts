/** `uri`: only RFC 8693 resources. `ims`: policy patterns and plain names are accepted as opaque strings as well. */
export type ResourceSyntax = 'ims' | 'uri';

/** Spaces, and characters that show nothing, or turn the direction of what follows where a person reads it. */
const NOT_IN_TARGETS = /[\s\p{C}]/u;
const MAX_TARGET_LENGTH = 2048;

/** How many targets one request may be for. */
export const MAX_TARGETS = 32;

/**
 * Whether a `resource` value is acceptable: an absolute URI without a fragment (RFC 8707 section 2), or with `ims`
 * any printable string of at most 2,048 characters without a fragment.
 */
export function isValidResource(resource: string, syntax: ResourceSyntax): boolean {
  if (NOT_IN_TARGETS.test(resource) || resource.length > MAX_TARGET_LENGTH || resource.includes('#')) return false;
  return syntax === 'ims' ? !resource.startsWith(':') : URL.canParse(resource);
}

/** Whether an `audience` value is acceptable: a logical name of at most 2,048 printable characters. */
export function isValidAudience(audience: string): boolean {
  return !NOT_IN_TARGETS.test(audience) && audience.length <= MAX_TARGET_LENGTH;
}
