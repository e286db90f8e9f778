import { type HttpClient, type JsonObject, UpstreamError, isJsonObject, parseJsonAnswer } from '@mandate/ports';
import type { TrustedIssuerRecord } from '../issuers/trusted-issuer-record.js';
import { type VerificationKeys, readVerificationKeys } from './verification-keys.js';

const DEPENDENCY = 'issuer_keys';
const MAX_JWKS_BYTES = 1_048_576;
const PUBLIC_KEYS_ONLY = { symmetric: false, privateMembers: false };

/** Where keys are. */
export interface KeyLocation {
  url: string;
  /** The address is another party's choice, so that it must be https and public, or a listed host (docs/security.md K4). */
  learned: boolean;
}

/**
 * Fetches a JWKS of at most 1 MiB and 100 keys.
 * @throws UpstreamError for anything else; of the dependency, or of the host when it cannot be reached.
 */
export async function fetchKeySet(
  http: HttpClient,
  location: KeyLocation,
  dependency = DEPENDENCY,
): Promise<VerificationKeys> {
  const jwks = await getJson(http, location, dependency);
  const read = Array.isArray(jwks['keys']) ? readVerificationKeys(jwks, PUBLIC_KEYS_ONLY) : undefined;
  if (read === undefined) throw new UpstreamError(dependency, 'malformed', 'not a JWKS of at most 100 keys');
  return read;
}

/**
 * Makes the fetch of one issuer's keys: from its `jwksUri`, or through discovery, whose answer is kept until a fetch
 * fails. The fetch rejects with {@link UpstreamError} unless it ends with a JWKS of at most 1 MiB and 100 keys.
 */
export function createKeyFetch(record: TrustedIssuerRecord, http: HttpClient): () => Promise<VerificationKeys> {
  const { jwksUri } = record;
  let location: KeyLocation | undefined = jwksUri === undefined ? undefined : { url: jwksUri, learned: false };
  return async () => {
    try {
      location ??= await discover(record, http);
      return await fetchKeySet(http, location);
    } catch (error) {
      if (jwksUri === undefined) location = undefined;
      throw error;
    }
  };
}

/** Where an issuer's discovery document is: RFC 8414 section 3 leaves the OpenID form to the suffix. */
function discoveryUrl({ issuer, openid }: TrustedIssuerRecord): string {
  const base = typeof openid === 'string' ? openid : issuer;
  return base.includes('/.well-known/') ? base : `${base.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** OpenID Connect Discovery section 4.3: the document must be of the very issuer that was asked for (K5). */
async function discover(record: TrustedIssuerRecord, http: HttpClient): Promise<KeyLocation> {
  const url = discoveryUrl(record);
  const document = await getJson(http, { url, learned: false }, DEPENDENCY);
  if (document['issuer'] !== record.issuer)
    throw failed('refused', record, 'the discovery document is of another issuer');
  const jwksUri = document['jwks_uri'];
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) throw failed('malformed', record, 'no jwks_uri');
  const { origin, protocol } = new URL(jwksUri);
  if (!['https:', 'http:'].includes(protocol)) throw failed('refused', record, 'jwks_uri of another scheme');
  // Whether a learned address is acceptable (https and public, or a listed host) is for the client to judge (K4).
  const learned = origin !== new URL(url).origin;
  return { url: jwksUri, learned };
}

async function getJson(http: HttpClient, { url, learned }: KeyLocation, dependency: string): Promise<JsonObject> {
  const headers = { accept: 'application/json, application/jwk-set+json' };
  const { status, body } = await http.send({ method: 'GET', url, learned, headers, maxResponseBytes: MAX_JWKS_BYTES });
  if (status !== 200) throw new UpstreamError(dependency, 'status', String(status));
  if (body.length > MAX_JWKS_BYTES) throw new UpstreamError(dependency, 'too_large');
  const value = parseJsonAnswer(dependency, body);
  if (!isJsonObject(value)) throw new UpstreamError(dependency, 'malformed');
  return value;
}

function failed(failure: 'refused' | 'malformed', { issuer }: TrustedIssuerRecord, problem: string): UpstreamError {
  return new UpstreamError(DEPENDENCY, failure, `${issuer}: ${problem}`);
}
