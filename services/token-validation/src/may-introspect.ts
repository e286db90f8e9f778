import { audiencesOf, type Caller } from '@mandate/clients';
import type { JsonObject } from '@mandate/ports';

/**
 * Whether the caller may see an introspected token: any, unless its record says what it is called as a resource
 * server; then only tokens for it (RFC 7662 section 4). A token without `aud` is for nobody in particular.
 */
export function mayIntrospect(caller: Caller, claims: JsonObject): boolean {
  if (caller.client?.resourceServerFor === undefined) return true;
  const audiences = audiencesOf(caller);
  return [claims['aud'] ?? []].flat().some((value) => typeof value === 'string' && audiences.includes(value));
}
