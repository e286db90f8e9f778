import { randomUUID } from 'node:crypto';
import { ConfigError } from '@mandate/ports';
import { type Runtime, createUpstream } from '@mandate/service-kit';
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
  const authentication =
    clientSecret === undefined
      ? privateKeyJwt({ clientId, issuer, signer, clock })
      : secretBasic({ clientId, clientSecret });
  const provider = createOpenidProvider({ http: upstream.http, issuer, authentication, timeoutMs });
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

/** RFC 7523 section 2.2. */
function privateKeyJwt(
  asserting: { clientId: string; issuer: string; signer: TokenSigner } & Pick<Runtime, 'clock'>,
): ProviderAuthentication {
  const { clientId, issuer, signer, clock } = asserting;
  return async () => {
    const now = clock();
    const times = { iat: now, exp: now + ASSERTION_SECONDS, jti: randomUUID() };
    const assertion = await signer.sign({ iss: clientId, sub: clientId, aud: issuer, ...times }, { typ: 'JWT' });
    return { form: { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion } };
  };
}
