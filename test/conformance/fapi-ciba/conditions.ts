import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import { type JSONWebKeySet, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { CIBA } from '../../end-to-end/post-form.js';
import type { PlanAnswer, PlanClient, Suite } from './plan-world.js';
import { discover } from './suite-requests.js';

// What the conditions of the suite assert, in its order; the comments have their names.

const DESCRIPTION = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
const isJson = (answer: PlanAnswer): boolean =>
  answer.headers.get('content-type')?.split(';')[0] === 'application/json';
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Shannon's, of the characters, as `AbstractEnsureMinimumEntropy` counts it. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / text.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0) * text.length;
}

/** `AbstractFAPIDiscoveryEndpointVerification` and `FAPICIBAID1DiscoveryEndpointVerification`. */
export function expectDiscovery(answer: PlanAnswer, { config }: Suite): void {
  const { body: server } = answer;
  // EnsureDiscoveryEndpointResponseStatusCodeIs200, CheckDiscoveryEndpointReturnedJsonContentType
  expect({ status: answer.status, isJson: isJson(answer) }).toEqual({ status: 200, isJson: true });
  // CheckDiscEndpointDiscoveryUrl, CheckDiscEndpointIssuer
  expect(`${String(server['issuer'])}/.well-known/openid-configuration`).toBe(config.server.discoveryUrl);
  // CheckTLSClientCertificateBoundAccessTokensTrue
  expect(server['tls_client_certificate_bound_access_tokens']).toBe(true);
  // CheckDiscEndpointIdTokenSigningAlgValuesSupportedContainsPS256OrES256
  expect(texts(server['id_token_signing_alg_values_supported'])).toContain('ES256');
  // CheckDiscEndpointTokenEndpointAuthMethodsSupportedContainsPrivateKeyOrTlsClient, EnsureServerConfigurationSupportsPrivateKeyJwt
  expect(texts(server['token_endpoint_auth_methods_supported'])).toContain('private_key_jwt');
  // CheckDiscEndpointTokenEndpointAuthSigningAlgValuesSupported
  expect(texts(server['token_endpoint_auth_signing_alg_values_supported'])).toContain('PS256');
  // CheckDiscEndpointTokenEndpoint, CheckJwksUri, CheckDiscBackchannelAuthorizationEndpoint
  for (const name of ['token_endpoint', 'jwks_uri', 'backchannel_authentication_endpoint']) {
    expect({ name, protocol: new URL(String(server[name])).protocol }).toEqual({ name, protocol: 'https:' });
  }
  // CheckDiscEndpointBackchannelAuthenticationRequestSigningAlgValuesSupported
  expect(texts(server['backchannel_authentication_request_signing_alg_values_supported'])).toContain('PS256');
  // CheckBackchannelUserCodeParameterSupported
  expect(server['backchannel_user_code_parameter_supported']).toBe(false);
  // FAPICIBACheckDiscEndpointGrantTypesSupported
  expect(texts(server['grant_types_supported'])).toContain(CIBA);
  // CheckBackchannelTokenDeliveryPollModeSupported, ...PingModeSupported
  expect(texts(server['backchannel_token_delivery_modes_supported'])).toEqual(['poll', 'ping']);
}

/** `FetchServerKeys` to `FAPIEnsureMinimumServerKeyLength`. */
export function expectServerKeys({ status, body }: PlanAnswer): void {
  expect(status).toBe(200);
  const keys = body['keys'] as Record<string, unknown>[];
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    // CheckForKeyIdInServerJWKs, EnsureJwksHasNoPrivateOrSymmetricKeyMaterial; P-256 is long enough
    expect({ ...key, kid: typeof key['kid'] }).toMatchObject({ kid: 'string', kty: 'EC', crv: 'P-256' });
    expect(key).not.toHaveProperty('d');
  }
}

/** `performValidateAuthorizationResponse`; the `auth_req_id`. */
export function expectAsked(answer: PlanAnswer): string {
  const { body } = answer;
  // CheckBackchannelAuthenticationEndpointHttpStatus200, ...ContentType, CheckIfBackchannelAuthenticationEndpointResponseError
  expect({ status: answer.status, isJson: isJson(answer), error: body['error'] }).toEqual({
    status: 200,
    isJson: true,
    error: undefined,
  });
  const authReqId = String(body['auth_req_id']);
  // ValidateAuthenticationRequestId, EnsureMinimumAuthenticationRequestIdLength
  expect(authReqId).toMatch(/^[A-Za-z0-9_.-]{16,}$/);
  // EnsureMinimum- and EnsureRecommendedAuthenticationRequestIdEntropy
  expect(entropyBits(authReqId)).toBeGreaterThan(160);
  // ValidateAuthenticationRequestIdExpiresIn, ValidateAuthenticationRequestIdInterval
  expect(body['expires_in']).toBeGreaterThan(0);
  expect(body['interval']).toBe(5);
  return authReqId;
}

/** The `validateErrorFrom...` of either endpoint, and the error it takes next. */
export function expectError(answer: PlanAnswer, errors: readonly string[]): void {
  const { status, body } = answer;
  const { error, error_description: description, ...otherMembers } = body;
  expect(errors).toContain(error);
  // CheckErrorDescription...ContainsCRLFTAB, ValidateErrorDescription...
  expect(description).toMatch(DESCRIPTION);
  // ValidateErrorResponseFromBackchannelAuthenticationEndpoint, ValidateErrorUri...: nothing else, but `interval` when polled
  expect(Object.keys(otherMembers).filter((name) => name !== 'interval')).toEqual([]);
  // CheckBackchannelAuthenticationEndpointErrorHttpStatus, CheckTokenEndpointHttpStatusIs400Allowing401ForInvalidClientError
  expect({ error, status }).toEqual({ error, status: error === 'invalid_client' ? 401 : 400 });
  // CheckTokenEndpointReturnedJsonContentType
  expect(isJson(answer)).toBe(true);
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  idToken: Record<string, unknown>;
}

/** `handleSuccessfulTokenEndpointResponse` up to the resource. */
export async function expectTokens({ suite, id }: PlanClient, answer: PlanAnswer): Promise<Tokens> {
  const { status, headers, body } = answer;
  // CheckTokenEndpointHttpStatus200, CheckTokenEndpointCacheHeaders, CheckIfTokenEndpointResponseError
  expect({ status, error: body['error'] }).toEqual({ status: 200, error: undefined });
  expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
  // CheckForAccessTokenValue, CheckTokenTypeIsBearer, ExtractExpiresInFromTokenEndpointResponse, ValidateExpiresIn
  expect(body).toMatchObject({ access_token: expect.any(String) as unknown, token_type: 'Bearer' });
  expect(body['expires_in']).toBeGreaterThan(0);
  const [accessToken, refreshToken] = [String(body['access_token']), String(body['refresh_token'])];
  for (const token of [accessToken, refreshToken]) {
    // EnsureMinimum(Access|Refresh)TokenLength and -Entropy, Ensure...ContainsAllowedCharactersOnly
    expect(token.length).toBeGreaterThan(16);
    expect(entropyBits(token)).toBeGreaterThan(96);
    expect(token).toMatch(/^[\x20-\x7e]+$/);
  }
  // ValidateIdToken, ValidateIdTokenSignature(UsingKid), CheckForSubjectInIdToken
  const { issuer, jwks_uri: jwksUri } = await discover(suite);
  const { body: jwks } = await suite.send(jwksUri);
  const keys = createLocalJWKSet(jwks as unknown as JSONWebKeySet);
  const jwt = await jwtVerify(String(body['id_token']), keys, {
    issuer,
    audience: id,
    currentDate: new Date(suite.clock() * 1000),
    requiredClaims: ['iat', 'exp', 'sub'],
  });
  const { payload } = jwt;
  // EnsureIdTokenContainsKid, FAPIValidateIdTokenSigningAlg
  expect(jwt.protectedHeader).toMatchObject({ kid: expect.any(String) as unknown, alg: 'ES256' });
  // ValidateIdTokenNonce, ValidateIdTokenNotIncludeCHashAndSHash; what push alone demands is not there
  expect(Object.keys(payload).filter((name) => /nonce|c_hash|s_hash|^urn:openid/.test(name))).toEqual([]);
  // ExtractAtHash, ValidateAtHash
  const hash = createHash('sha256').update(accessToken).digest();
  expect(payload['at_hash']).toBe(hash.subarray(0, 16).toString('base64url'));
  expect(decodeProtectedHeader(accessToken).typ).toBe('at+jwt');
  return { accessToken, refreshToken, idToken: payload };
}

/** What `requestProtectedResource` asserts of the answer; `interactionId` as it was sent, if it was. */
export function expectResource(answer: PlanAnswer, interactionId?: string): void {
  // EnsureHttpStatusCodeIs200or201, EnsureResourceResponseReturnedJsonContentType
  expect({ status: answer.status, isJson: isJson(answer) }).toEqual({ status: 200, isJson: true });
  // CheckForDateHeaderInResourceResponse
  expect(Date.parse(answer.headers.get('date') ?? '')).not.toBeNaN();
  // CheckForFAPIInteractionIdInResourceResponse, EnsureMatchingFAPIInteractionId
  const echo = answer.headers.get('x-fapi-interaction-id');
  expect(echo).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  if (interactionId !== undefined) expect(echo).toBe(interactionId);
}

/** `CompareIdTokenClaims`: a refreshed ID token beside the first. */
export function expectSameIdToken(first: Record<string, unknown>, second: Record<string, unknown>): void {
  const person = ({ iss, sub, aud, azp, auth_time }: Record<string, unknown>) => ({ iss, sub, aud, azp, auth_time });
  expect(person(second)).toEqual(person(first));
  expect(second['iat']).not.toBe(first['iat']);
}
