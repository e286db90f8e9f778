import type { Caller, ClientStore } from '@mandate/clients';
import type { JsonObject } from '@mandate/oauth';

/** The audiences whose tokens a caller may see; `undefined` for all. */
export type CallerAudiences = (caller: Caller) => Promise<readonly string[] | undefined>;

/**
 * Reads `introspects` of the caller's record, the caller's own id added. The record binds a client whichever way it
 * authenticates: with a token of our own issuers it is looked up. A foreign issuer's clients have no record here.
 */
export function createCallerAudiences(store: ClientStore | undefined): CallerAudiences {
  return async ({ clientId, client, bearer }) => {
    const record = client ?? (bearer?.trust.own === true ? await store?.findClient(clientId) : undefined);
    return record?.introspects && [...record.introspects, clientId];
  };
}

/** Whether an introspected token is for one of the audiences; without `aud` it is for nobody in particular. */
export function isForAudience(claims: JsonObject, audiences: readonly string[] | undefined): boolean {
  if (audiences === undefined) return true;
  const aud = claims['aud'];
  const values = Array.isArray(aud) ? aud : [aud];
  return values.some((value) => typeof value === 'string' && audiences.includes(value));
}
