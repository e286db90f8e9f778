import { randomUUID } from 'node:crypto';
import type { Client } from '@mandate/clients';
import { type JsonObject } from '@mandate/ports';
import { additionalClaims, audienceClaim, formatScope } from '@mandate/oauth';

/** Which claims a token has. */
export type ClaimsProfile = 'standard' | 'ims' | 'minimal';

/** Whom a token is about: a person, or a client that acts for itself. */
export interface TokenSubject {
  sub: string;
  /** Epoch seconds when the person proved to be there; absent for a client: that is now. */
  authTime?: number | undefined;
  /** How the person proved it (OpenID Connect Core section 2). */
  acr?: string | undefined;
  amr?: readonly string[] | undefined;
}

/** What a grant has allowed: for whom, to which client, where, to do what. */
export interface TokenTerms {
  /** The client itself, or the person who let it have the token. */
  subject: TokenSubject;
  client: Client;
  /** Instead of the audiences of the client's record and of the settings. The client's id is always one more. */
  audience?: readonly string[] | undefined;
  scopes: readonly string[];
  /** What the token says of the delegation that it belongs to: `authGrantId`, `may_act`, `authorization_details`. */
  delegation?: JsonObject | undefined;
  /** `cnf`, where the token is bound. */
  confirmation?: JsonObject | undefined;
}

/** One token of such terms. Times in epoch seconds. */
export interface TokenGrant extends TokenTerms {
  /** `jti`. */
  tokenId: string;
  /** `authGrantId`. */
  grantId: string;
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
  const { subject, client, scopes, issuedAt, expiresAt } = grant;
  const { profile } = settings;
  const audiences = [...(grant.audience ?? client.audiences ?? settings.audiences), client.clientId];
  return {
    ...additionalClaims(namedAttributes(client, settings.additionalClaimNames)),
    iss: settings.issuer,
    sub: subject.sub,
    aud: audienceClaim([...new Set(audiences)]),
    exp: expiresAt,
    iat: issuedAt,
    jti: grant.tokenId,
    client_id: client.clientId,
    ...scopeClaims(scopes, profile),
    ...authenticationClaims(subject),
    ...(profile !== 'minimal' && imsClaims(grant)),
    ...grant.delegation,
    ...(grant.confirmation !== undefined && { cnf: grant.confirmation }),
    ...(profile === 'ims' && { expires_in: expiresAt - issuedAt }),
  };
}

/** How and when a person proved to be there (RFC 9068 section 2.2.1); of a client nothing. */
export function authenticationClaims({ authTime, acr, amr }: TokenSubject): JsonObject {
  return {
    ...(authTime !== undefined && { auth_time: authTime }),
    ...(acr !== undefined && { acr }),
    ...(amr !== undefined && { amr: [...amr] }),
  };
}

function scopeClaims(scopes: readonly string[], profile: ClaimsProfile): JsonObject {
  if (profile === 'ims') return { scope: [...scopes], scp: [...scopes] };
  if (scopes.length === 0) return {};
  return { scope: formatScope(scopes), ...(profile === 'standard' && { scp: [...scopes] }) };
}

function imsClaims({ subject, client, issuedAt, grantId }: TokenGrant): JsonObject {
  return {
    nbf: issuedAt,
    auth_time: subject.authTime ?? issuedAt,
    cid: client.clientId,
    tokenName: 'access_token',
    token_type: 'Bearer',
    auditTrackingId: randomUUID(),
    authGrantId: grantId,
  };
}

function namedAttributes({ attributes }: Client, names: readonly string[]): JsonObject {
  const present = Object.entries(attributes).filter(([name]) => names.includes(name));
  return Object.fromEntries(present);
}
