import { createClientProof, signAsClient } from '@mandate/composition';
import { ConfigError } from '@mandate/ports';
import { createUpstream } from '@mandate/service-kit';
import { createOpenidIssuerKeys, createTokenVerifier } from '@mandate/token';
import type { BackchannelSettings } from '../backchannel-config.js';
import type { ComposedDevice, DeviceFoundation } from './composed-device.js';
import { createOpenidDevice } from './openid-device.js';
import { OPENID_DEVICE, createOpenidProvider } from './openid-provider.js';

/** The device of `CIBA_CHANNEL=openid`. @throws ConfigError naming what is missing */
export function composeOpenidDevice(
  config: BackchannelSettings,
  { runtime, signer, decide }: DeviceFoundation,
): ComposedDevice {
  const issuer = requireVariable(config, 'CIBA_OPENID_ISSUER');
  const clientId = requireVariable(config, 'CIBA_OPENID_CLIENT_ID');
  const { CIBA_OPENID_CLIENT_SECRET: clientSecret, UPSTREAM_TIMEOUT_MS: timeoutMs } = config;
  const { clock, logger } = runtime;
  const upstream = createUpstream({ name: OPENID_DEVICE, http: runtime.http }, runtime);
  const asserting = { clientId, issuer, signer, clock };
  const provider = createOpenidProvider({
    http: upstream.http,
    issuer,
    authentication: createClientProof({ ...asserting, clientSecret }),
    timeoutMs,
    requestSigning:
      config.CIBA_OPENID_REQUEST === 'signed'
        ? { clientId, sign: (claims) => signAsClient(asserting, claims) }
        : undefined,
  });
  const record = { issuer, openid: true as const, audience: [clientId], allowIdTokens: true, tokens: 'id' as const };
  const issuers = createOpenidIssuerKeys({ http: upstream.http, clock, issuers: [record] });
  const stopping = new AbortController();
  const device = createOpenidDevice({
    provider,
    verifier: createTokenVerifier({ issuers, clock }),
    subjectClaim: config.CIBA_OPENID_SUBJECT_CLAIM,
    defaultAcrValues: config.CIBA_OPENID_ACR_VALUES,
    decide,
    clock,
    logger,
    stopSignal: stopping.signal,
  });
  return { device, endpoints: [], parts: [upstream.part()], close: () => stopping.abort() };
}

function requireVariable(
  config: BackchannelSettings,
  variable: 'CIBA_OPENID_ISSUER' | 'CIBA_OPENID_CLIENT_ID',
): string {
  const value = config[variable];
  if (value !== undefined) return value;
  throw new ConfigError([{ variable, message: 'is needed for CIBA_CHANNEL=openid' }]);
}
