import type { JsonObject } from '@mandate/ports';
import { type VerifiedToken, clientIdentityOf } from '@mandate/token';
import type { Client } from '../store/client.js';

/** Who calls an endpoint: a client, the same however it proved that. It is the pair of `issuer` and `clientId`. */
export interface Caller {
  clientId: string;
  /** The issuer that names it: one for all clients of our own. */
  issuer: string;
  /** It is a client of our own. A bare client id in a policy names one of those only. */
  own: boolean;
  scopes: readonly string[];
  attributes: JsonObject;
  /** The record of the caller, where there is one: clients of foreign issuers have none. */
  client: Client | undefined;
  /** The token, where the caller sent one. */
  bearer: VerifiedToken | undefined;
  /** How it authenticated: the name of a client authentication method, or `bearer`. */
  method: string;
}

/** A caller that has a record for certain: it authenticated as a client. */
export type ClientCaller = Caller & { client: Client };

/** What a log line says of who sends a request: the client that it has proved to be, or whose record it names. */
export type CallerFields = ReturnType<typeof clientFields> | { claimedClient: string };

/** Whom a log line or an event names as its client: with the issuer where that is no client of our own. */
export function clientFields({ clientId, issuer, own }: Pick<Caller, 'clientId' | 'issuer' | 'own'>): {
  client: string;
  clientIssuer: string | undefined;
} {
  return { client: clientId, clientIssuer: own ? undefined : issuer };
}

/** Whether a token was issued to the caller: to this id, by the issuer that names the caller. */
export function isIssuedTo(
  token: Pick<VerifiedToken, 'issuer' | 'claims' | 'trust' | 'clientId'>,
  { issuer, clientId }: Pick<Caller, 'issuer' | 'clientId'>,
): boolean {
  const client = clientIdentityOf(token);
  return client?.iss === issuer && client.clientId === clientId;
}

/** The names the caller answers to as an audience: its id, and what it is called as a resource server. */
export function audiencesOf({ clientId, client }: Pick<Caller, 'clientId' | 'client'>): string[] {
  return [clientId, ...(client?.resourceServerFor ?? [])];
}
