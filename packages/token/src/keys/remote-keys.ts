import {
  type HttpClient,
  type JsonObject,
  JsonSyntaxError,
  UpstreamError,
  isJsonObject,
  parseStrictJson,
} from '@mandate/oauth';
import type { TrustedIssuerRecord } from '../issuers/trusted-issuer-record.js';
import { type VerificationKeys, readVerificationKeys } from './verification-keys.js';

const DEPENDENCY = 'issuer_keys';
const MAX_JWKS_BYTES = 1_048_576;
const PUBLIC_KEYS_ONLY = { symmetric: false, privateMembers: false };

interface Location {
  url: string;
  /** The address came out of the issuer's answer and lies on another origin than the operator wrote. */
  learned: boolean;
}

/**
 * Makes the fetch of one issuer's keys: from its `jwksUri`, or through discovery, whose answer is kept until a fetch
 * fails. The fetch rejects with {@link UpstreamError} unless it ends with a JWKS of at most 1 MiB and 100 keys.
 */
export function createKeyFetch(record: TrustedIssuerRecord, http: HttpClient): () => Promise<VerificationKeys> {
  const { jwksUri } = record;
  let location: Location | undefined = jwksUri === undefined ? undefined : { url: jwksUri, learned: false };
  return async () => {
    try {
      location ??= await discover(record, http);
      return readKeys(await getJson(http, location), record);
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
async function discover(record: TrustedIssuerRecord, http: HttpClient): Promise<Location> {
  const url = discoveryUrl(record);
  const document = await getJson(http, { url, learned: false });
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

function readKeys(jwks: JsonObject, record: TrustedIssuerRecord): VerificationKeys {
  const read = Array.isArray(jwks['keys']) ? readVerificationKeys(jwks, PUBLIC_KEYS_ONLY) : undefined;
  if (read === undefined) throw failed('malformed', record, 'not a JWKS of at most 100 keys');
  return read;
}

async function getJson(http: HttpClient, { url, learned }: Location): Promise<JsonObject> {
  const headers = { accept: 'application/json, application/jwk-set+json' };
  const { status, body } = await http.send({ method: 'GET', url, learned, headers, maxResponseBytes: MAX_JWKS_BYTES });
  if (status !== 200) throw new UpstreamError(DEPENDENCY, 'status', String(status));
  if (body.length > MAX_JWKS_BYTES) throw new UpstreamError(DEPENDENCY, 'too_large');
  const value = parseBody(body);
  if (!isJsonObject(value)) throw new UpstreamError(DEPENDENCY, 'malformed');
  return value;
}

function parseBody(body: string): unknown {
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new UpstreamError(DEPENDENCY, 'malformed', error.message);
    throw error;
  }
}

function failed(failure: 'refused' | 'malformed', { issuer }: TrustedIssuerRecord, problem: string): UpstreamError {
  return new UpstreamError(DEPENDENCY, failure, `${issuer}: ${problem}`);
}
