import { type JsonObject } from '@mandate/ports';
import type { VerifiedToken } from './verified-token.js';

/** A client, as the issuer that names it and its id there. Two issuers may have given one id to two. */
export interface ClientIdentity {
  iss: string;
  clientId: string;
  /** It is in the client store of our own services. */
  own: boolean;
}

/**
 * The client that a token was issued to; `undefined` where the token names none. Our own clients have one issuer,
 * whichever of our services issued to them. A token that we issued to the client of another issuer says so in
 * `client_iss`, which is believed from our own issuers only.
 */
export function clientIdentityOf(
  token: Pick<VerifiedToken, 'issuer' | 'claims' | 'trust' | 'clientId'>,
): ClientIdentity | undefined {
  const { issuer, claims, trust, clientId } = token;
  if (clientId === undefined) return undefined;
  if (!trust.own) return { iss: issuer, clientId, own: false };
  const { client_iss: foreign } = claims;
  if (typeof foreign === 'string') return { iss: foreign, clientId, own: false };
  return { iss: trust.clientIssuer ?? issuer, clientId, own: true };
}

/** `client_iss` of a token that we issue, where its `client_id` is that of another issuer; else nothing. */
export function clientIssuerClaim({ iss, own }: Pick<ClientIdentity, 'iss' | 'own'>): JsonObject {
  return own ? {} : { client_iss: iss };
}
