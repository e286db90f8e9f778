import { randomUUID } from 'node:crypto';
import { type Clock, ConfigError, type JsonObject } from '@mandate/ports';
import { createUpstream } from '@mandate/service-kit';
import { type TokenSigner, createOpenidIssuerKeys, createTokenVerifier } from '@mandate/token';
import type { BackchannelSettings } from './backchannel-config.js';
import type { ComposedDevice, DeviceParts } from './composed-device.js';
import { createOpenidDevice } from './devices/openid-device.js';
import { OPENID_DEVICE, type ProviderAuthentication, createOpenidProvider } from './devices/openid-provider.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_SECONDS = 60;

/** The device of `CIBA_CHANNEL=openid`. @throws ConfigError naming what is missing */
export function composeOpenidDevice(
  config: BackchannelSettings,
  { runtime, signer, decide }: DeviceParts,
): ComposedDevice {
  const issuer = required(config, 'CIBA_OPENID_ISSUER');
  const clientId = required(config, 'CIBA_OPENID_CLIENT_ID');
  const { CIBA_OPENID_CLIENT_SECRET: clientSecret, UPSTREAM_TIMEOUT_MS: timeoutMs } = config;
  const { clock, logger } = runtime;
  const upstream = createUpstream({ name: OPENID_DEVICE, http: runtime.http }, runtime);
  const asserting = { clientId, issuer, signer, clock };
  const authentication =
    clientSecret === undefined ? privateKeyJwt(asserting) : secretBasic({ clientId, clientSecret });
  const provider = createOpenidProvider({
    http: upstream.http,
    issuer,
    authentication,
    timeoutMs,
    signRequest: config.CIBA_OPENID_REQUEST === 'signed' ? (claims) => signAs(asserting, claims) : undefined,
  });
  const record = { issuer, openid: true as const, audience: [clientId], allowIdTokens: true, tokens: 'id' as const };
  const issuers = createOpenidIssuerKeys({ http: upstream.http, clock, issuers: [record] });
  const stopping = new AbortController();
  const device = createOpenidDevice({
    provider,
    verifier: createTokenVerifier({ issuers, clock }),
    subjectClaim: config.CIBA_OPENID_SUBJECT_CLAIM,
    decide,
    clock,
    logger,
    stopped: stopping.signal,
  });
  return { device, parts: [upstream.part()], close: () => stopping.abort() };
}

function required(config: BackchannelSettings, variable: 'CIBA_OPENID_ISSUER' | 'CIBA_OPENID_CLIENT_ID'): string {
  const value = config[variable];
  if (value !== undefined) return value;
  throw new ConfigError([{ variable, message: 'is needed for CIBA_CHANNEL=openid' }]);
}

/** RFC 6749 section 2.3.1: both halves are form-encoded first. */
function secretBasic({ clientId, clientSecret }: { clientId: string; clientSecret: string }): ProviderAuthentication {
  const encoded = [clientId, clientSecret].map((half) => new URLSearchParams([['', half]]).toString().slice(1));
  const headers = { Authorization: `Basic ${Buffer.from(encoded.join(':')).toString('base64')}` };
  return () => Promise.resolve({ headers });
}

interface Asserting {
  clientId: string;
  issuer: string;
  signer: TokenSigner;
  clock: Clock;
}

/** RFC 7523 section 2.2. */
function privateKeyJwt(asserting: Asserting): ProviderAuthentication {
  return async () => {
    const assertion = await signAs(asserting, { sub: asserting.clientId });
    return { form: { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion } };
  };
}

/** A JWT of ours as its client, for the provider alone, good once and for a minute. */
function signAs({ clientId, issuer, signer, clock }: Asserting, claims: JsonObject): Promise<string> {
  const now = clock();
  const times = { iat: now, nbf: now, exp: now + ASSERTION_SECONDS, jti: randomUUID() };
  return signer.sign({ ...claims, iss: clientId, aud: issuer, ...times }, { typ: 'JWT' });
}
