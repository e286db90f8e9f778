import { distinct } from './distinct.js';
import { OAuthError } from './oauth-error.js';

const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether the text is one scope-token of RFC 6749 section 3.3. */
export function isScopeToken(text: string): boolean {
  return SCOPE_TOKEN.test(text);
}

/**
 * The scopes of a `scope` request parameter, in order, without duplicates.
 * @throws OAuthError `invalid_scope` for a character outside RFC 6749 section 3.3.
 *
 * @example
 * parseScope('read write read'); // ['read', 'write']
 */
export function parseScope(scope: string | undefined): string[] {
  const scopes = distinct(splitScope(scope ?? ''));
  if (!scopes.every(isScopeToken))
    throw new OAuthError('invalid_scope', 'The scope has a character that is not allowed');
  return scopes;
}

/** The scopes as one string on the wire. */
export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ');
}

/**
 * The scopes that a token's claims carry: `scope` as a string (RFC 9068) or an array (IMS), else `scp`.
 * `undefined` when there is no scope claim; `null` when one is there with another shape, or with a value that is no
 * scope-token: `["read write"]` is one scope here and would be two for whoever reads the token derived from it.
 */
export function scopesOfClaims(claims: Readonly<Record<string, unknown>>): string[] | undefined | null {
  const value = claims['scope'] === undefined ? claims['scp'] : claims['scope'];
  if (value === undefined) return undefined;
  const scopes = typeof value === 'string' ? splitScope(value) : value;
  return Array.isArray(scopes) && scopes.every(isScope) ? distinct(scopes) : null;
}

function isScope(value: unknown): value is string {
  return typeof value === 'string' && isScopeToken(value);
}

/** The members of `scopes` that `limit` has too, in the order of `scopes`. */
export function intersectScopes(scopes: readonly string[], limit: readonly string[]): string[] {
  const members = new Set(limit);
  return scopes.filter((scope) => members.has(scope));
}

/** The members of `scopes` that `limit` lacks. */
export function excessScopes(scopes: readonly string[], limit: readonly string[]): string[] {
  const members = new Set(limit);
  return scopes.filter((scope) => !members.has(scope));
}

function splitScope(scope: string): string[] {
  return scope.split(' ').filter((token) => token !== '');
}
