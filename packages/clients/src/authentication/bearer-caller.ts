import { CERTIFICATE_CONFIRMATION, OAuthError, type OAuthErrorCode } from '@mandate/oauth';
import { type JsonValue, isJsonObject } from '@mandate/ports';
import { type ClientIdentity, type TokenVerifier, type VerifiedToken, clientIdentityOf } from '@mandate/token';
import type { ClientStore } from '../store/client-store.js';
import type { Client } from '../store/client.js';
import type { AuthenticationRequest } from './authentication-method.js';
import type { Caller } from './caller.js';

export interface BearerOptions {
  /** Verifies bearer tokens (IMS). */
  verifier: TokenVerifier;
  /**
   * What this service is called in `aud`. A token of our own issuers must have one of these names, or its client alone,
   * as where no audience is configured: an API that a client's token was meant for must not act as that client here
   * (RFC 8725 section 3.9, RFC 9068 section 4). Absent: not checked.
   */
  audience?: readonly string[] | undefined;
  /** Where the records of callers with a token of our own issuers are. */
  store?: ClientStore | undefined;
}

const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** The client that a bearer token was issued to (RFC 6750). @throws OAuthError 400 or 401 with its challenge */
export async function bearerCaller(
  options: BearerOptions,
  token: string,
  { certificate, onCaller }: AuthenticationRequest,
): Promise<Caller> {
  if (!TOKEN.test(token)) throw bearerError('invalid_request', 'The Authorization header is malformed');
  const result = await options.verifier.verify(token);
  if (!result.ok) throw invalidToken(result.reason);
  const bearer = result.token;
  checkConfirmation(bearer.claims['cnf'], certificate);
  const identity = checkBearer(bearer);
  onCaller?.({ claimedClient: identity.clientId });
  checkAudience(bearer, identity.clientId, options.audience);
  const client = await recordOf(identity, options.store);
  const { clientId, iss: issuer, own } = identity;
  const scopes = bearer.scopes ?? [];
  return { clientId, issuer, own, scopes, attributes: client?.attributes ?? {}, client, bearer, method: 'bearer' };
}

/** Whom a token that may be used so was issued to. */
function checkBearer(bearer: VerifiedToken): ClientIdentity {
  if (bearer.kind === 'id_token') throw invalidToken('wrong_type');
  const identity = clientIdentityOf({ ...bearer, clientId: bearer.clientId ?? ownAudience(bearer) });
  if (identity === undefined) throw invalidToken('no_client_id');
  return identity;
}

/** A bound token without its proof is somebody else's (RFC 8705 section 3, RFC 9449 section 7.1). Here a certificate proves. */
function checkConfirmation(cnf: JsonValue | undefined, certificate: AuthenticationRequest['certificate']): void {
  if (cnf === undefined) return;
  const { [CERTIFICATE_CONFIRMATION]: thumbprint, ...others } = isJsonObject(cnf) ? cnf : {};
  const isProven = typeof thumbprint === 'string' && thumbprint === certificate?.();
  if (!isProven || Object.keys(others).length > 0) throw invalidToken('sender_constrained');
}

/** AM's client credentials tokens name the client as `sub` and as `aud`, and in no other claim. */
function ownAudience({ subject, audience }: VerifiedToken): string | undefined {
  return subject !== undefined && audience.includes(subject) ? subject : undefined;
}

function checkAudience({ audience, trust }: VerifiedToken, clientId: string, names?: readonly string[]): void {
  if (!trust.own || names === undefined || names.some((name) => audience.includes(name))) return;
  if (audience.length === 1 && audience[0] === clientId) return;
  throw bearerError('invalid_token', 'The bearer token is not meant for this service', { detail: 'wrong_audience' });
}

/** Without its record a client would see and do by its token what the record forbade. */
async function recordOf(
  { clientId, own }: ClientIdentity,
  store: ClientStore | undefined,
): Promise<Client | undefined> {
  if (!own || store === undefined) return undefined;
  const client = await store.findClient(clientId);
  if (client === undefined) throw invalidToken('unknown_client');
  return client;
}

function invalidToken(detail: string): OAuthError {
  return bearerError('invalid_token', 'The bearer token is not valid', { detail });
}

/** RFC 6750 section 3: the challenge repeats the error code. Its parameters come from configuration only. */
export function bearerError(
  code: OAuthErrorCode,
  description: string,
  { detail, scope }: { detail?: string; scope?: string } = {},
): OAuthError {
  const challenge = `Bearer error="${code}"${scope === undefined ? '' : `, scope="${scope}"`}`;
  return new OAuthError(code, description, {
    headers: { 'WWW-Authenticate': challenge },
    ...(detail !== undefined && { detail }),
  });
}
