import { type Client, type ClientKeys, type ReplayStore, replayKeyOf } from '@mandate/clients';
import { type Form, OAuthError } from '@mandate/oauth';
import type { Clock, JsonObject } from '@mandate/ports';
import {
  ASYMMETRIC_ALGORITHMS,
  type CompactJws,
  isPlainType,
  parseCompactJws,
  readRegisteredClaims,
  verifySignature,
} from '@mandate/token';
import { parametersOfClaims } from './request-parameters.js';

export interface SignedRequestOptions {
  /** Our own name, which `aud` must have. */
  issuer: string;
  keys: ClientKeys;
  replays: ReplayStore;
  clock: Clock;
}

/** A verified request: its parameters, and what is left to do before it counts. */
export interface SignedRequest {
  parameters: Form;
  /** Uses it up. @throws OAuthError `invalid_request` when it was before, UpstreamError when nobody can tell. */
  useUp(): Promise<void>;
}

/** Reads the signed authentication requests of clients. @throws OAuthError `invalid_request`, whatever is wrong with it. */
export type ReadSignedRequest = (request: string, client: Client) => Promise<SignedRequest>;

const SKEW_SECONDS = 30;
/** FAPI-CIBA section 5.2.2: from `nbf` to `exp`, and from `nbf` to now. */
const MAX_SECONDS = 3600;
const REQUEST_TYPE = /^(?:application\/)?oauth-authz-req\+jwt$/i;

/** Signed requests by OpenID CIBA Core section 7.1.1 and FAPI-CIBA section 5.2.2, each accepted once. */
export function createReadSignedRequest({ issuer, keys, replays, clock }: SignedRequestOptions): ReadSignedRequest {
  return async (request, client) => {
    const result = parseCompactJws(request);
    if (!result.ok) throw refusal(result.reason);
    const { header, claims } = result.jws;
    checkHeader(result.jws, client);
    const candidates = await keys.candidates(client, header);
    if (!verifySignature(result.jws, candidates)) throw refusal('bad_signature');
    if (claims['iss'] !== client.clientId) throw refusal('wrong_issuer');
    const { jwtId, expiresAt } = checkClaims(claims, { issuer, now: clock() });
    return {
      parameters: parametersOfClaims(claims),
      useUp: async () => {
        // the keys may have taken their time, and a store forgets what has expired
        if (clock() >= expiresAt + SKEW_SECONDS) throw refusal('expired');
        const key = replayKeyOf(JSON.stringify(['authentication request', client.clientId]), jwtId);
        if (!(await replays.markUsed(key, expiresAt + SKEW_SECONDS))) throw refusal('replayed');
      },
    };
  };
}

function checkHeader({ header: { alg, typ } }: CompactJws, client: Client): void {
  const algorithm = client.backchannelAuthenticationRequestSigningAlg ?? alg;
  if (algorithm !== alg || !ASYMMETRIC_ALGORITHMS.includes(alg)) throw refusal('algorithm_not_allowed');
  if (!isPlainType(typ) && !REQUEST_TYPE.test(typ ?? '')) throw refusal('wrong_type');
}

/** `iss`, `aud`, `exp`, `iat`, `nbf` and `jti` are all required. */
function checkClaims(claims: JsonObject, { issuer, now }: { issuer: string; now: number }) {
  const result = readRegisteredClaims(claims);
  if (!result.ok) throw refusal(result.reason);
  const { audience, expiresAt, notBefore, issuedAt, jwtId } = result.claims;
  if (!audience.includes(issuer)) throw refusal('wrong_audience');
  if (notBefore === undefined || issuedAt === undefined || jwtId === undefined) throw refusal('claim_missing');
  if (now >= expiresAt + SKEW_SECONDS) throw refusal('expired');
  if (Math.max(notBefore, issuedAt) > now + SKEW_SECONDS) throw refusal('not_yet_valid');
  if (now - notBefore > MAX_SECONDS || expiresAt - notBefore > MAX_SECONDS) throw refusal('lifetime_too_long');
  return { jwtId, expiresAt };
}

function refusal(detail: string): OAuthError {
  return new OAuthError('invalid_request', 'The signed request is not acceptable', { detail });
}
