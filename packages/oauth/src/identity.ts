import { isJsonObject, type JsonValue } from '@mandate/ports';

/** Somebody, as one issuer names them. Compared octet for octet: no case folding, no normalisation, no wildcard. */
export interface Identity {
  iss: string;
  sub: string;
}

export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.iss === b.iss && a.sub === b.sub;
}

/**
 * Whom a policy names: a bare `sub` (at the default actor issuers), or the exact pair.
 * docs/delegation.md section 1.
 */
export type NamedIdentity = string | Identity;

/** Whether `name` names `identity`; a bare name does so only at one of `defaultIssuers`. */
export function namesIdentity(name: NamedIdentity, identity: Identity, defaultIssuers: readonly string[]): boolean {
  if (typeof name !== 'string') return sameIdentity(name, identity);
  return name === identity.sub && defaultIssuers.includes(identity.iss);
}

/** Reads a {@link NamedIdentity} out of JSON; `undefined` for any other shape. */
export function parseNamedIdentity(value: JsonValue): NamedIdentity | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (!isJsonObject(value) || Object.keys(value).length !== 2) return undefined;
  const { iss, sub } = value;
  return typeof iss === 'string' && typeof sub === 'string' && iss !== '' && sub !== '' ? { iss, sub } : undefined;
}
