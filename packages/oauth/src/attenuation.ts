import { excessScopes, intersectScopes } from './scopes.js';

export interface ScopeRequest {
  /** What the caller asked for; empty means everything allowed. */
  requested: readonly string[];
  /** What the policy grants; `undefined` when the policy leaves scopes to the ceiling. */
  granted: readonly string[] | undefined;
  /** The most the subject token can pass on; `undefined` when only the policy bounds scopes. */
  ceiling: readonly string[] | undefined;
  /** Return the reduced set instead of refusing an over-ask. */
  narrow: boolean;
}

export type ScopeResult = { ok: true; scopes: string[] } | { ok: false; excess: string[] };

/**
 * The scopes of the issued token: within the request, the policy and the ceiling (docs/delegation.md section 5).
 *
 * @example
 * attenuateScopes({ requested: ['read', 'write'], granted: ['read'], ceiling: undefined, narrow: false });
 * // { ok: false, excess: ['write'] }
 */
export function attenuateScopes({ requested, granted, ceiling, narrow }: ScopeRequest): ScopeResult {
  const bounds = [granted, ceiling].filter((bound) => bound !== undefined);
  const [first, ...others] = bounds;
  const limit = others.reduce<readonly string[]>((scopes, bound) => intersectScopes(scopes, bound), first ?? requested);
  if (requested.length === 0) return { ok: true, scopes: first === undefined ? [] : [...limit] };
  const excess = excessScopes(requested, limit);
  if (excess.length > 0 && !narrow) return { ok: false, excess };
  return { ok: true, scopes: intersectScopes(requested, limit) };
}

/**
 * The expiry of the issued token in epoch seconds: the least of the bounds given, never later than any.
 * `maxSeconds` are lifetimes counted from `now`; `expiries` are points in time.
 * @throws TypeError without a bound: a token that never expires is a bug, not an answer.
 */
export function attenuateExpiry(
  now: number,
  bounds: { maxSeconds: readonly (number | undefined)[]; expiries: readonly (number | undefined)[] },
): number {
  const points = [...bounds.maxSeconds.map((seconds) => seconds !== undefined && now + seconds), ...bounds.expiries];
  const expiry = Math.floor(Math.min(...points.filter((point) => typeof point === 'number')));
  if (!Number.isFinite(expiry)) throw new TypeError('an expiry needs a finite bound');
  return expiry;
}
