import { randomUUID } from 'node:crypto';
import type { Client } from '@mandate/clients';
import { type JsonObject } from '@mandate/ports';
import { additionalClaims, audienceClaim, formatScope } from '@mandate/oauth';

/** Which claims a token has. */
export type ClaimsProfile = 'standard' | 'ims' | 'minimal';

/** What a token is issued for. Times in epoch seconds. */
export interface TokenGrant {
  client: Client;
  scopes: readonly string[];
  issuedAt: number;
  expiresAt: number;
}

export interface ClaimsSettings {
  issuer: string;
  profile: ClaimsProfile;
  /** Audiences besides the client, unless its record has its own. */
  audiences: readonly string[];
  /** Attributes of the client that become claims. */
  additionalClaimNames: readonly string[];
}

/** The claims of an access token (RFC 9068 section 2.2), with those that IMS consumers read by profile. */
export function accessTokenClaims(grant: TokenGrant, settings: ClaimsSettings): JsonObject {
  const { client, scopes, issuedAt, expiresAt } = grant;
  const { profile } = settings;
  const audiences = [...(client.audiences ?? settings.audiences), client.clientId];
  return {
    ...additionalClaims(namedAttributes(client, settings.additionalClaimNames)),
    iss: settings.issuer,
    sub: client.clientId,
    aud: audienceClaim([...new Set(audiences)]),
    exp: expiresAt,
    iat: issuedAt,
    jti: randomUUID(),
    client_id: client.clientId,
    ...scopeClaims(scopes, profile),
    ...(profile !== 'minimal' && imsClaims(grant)),
    ...(profile === 'ims' && { expires_in: expiresAt - issuedAt }),
  };
}

function scopeClaims(scopes: readonly string[], profile: ClaimsProfile): JsonObject {
  if (profile === 'ims') return { scope: [...scopes], scp: [...scopes] };
  if (scopes.length === 0) return {};
  return { scope: formatScope(scopes), ...(profile === 'standard' && { scp: [...scopes] }) };
}

function imsClaims({ client, issuedAt }: TokenGrant): JsonObject {
  return {
    nbf: issuedAt,
    auth_time: issuedAt,
    cid: client.clientId,
    tokenName: 'access_token',
    token_type: 'Bearer',
    auditTrackingId: randomUUID(),
    authGrantId: randomUUID(),
  };
}

function namedAttributes({ attributes }: Client, names: readonly string[]): JsonObject {
  const present = Object.entries(attributes).filter(([name]) => names.includes(name));
  return Object.fromEntries(present);
}
