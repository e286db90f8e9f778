import type { ComposedPart } from '@mandate/composition';
import type { AuthenticationDevice } from '@mandate/delegations';
import { ConfigError } from '@mandate/ports';
import { type Runtime, createUpstream } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import type { BackchannelSettings } from './backchannel-config.js';
import { createDevelopmentDevice } from './devices/development-device.js';
import { createWebhookDevice } from './devices/webhook-device.js';

export interface ComposedDevice extends ComposedPart {
  device: AuthenticationDevice;
}

export interface DeviceParts {
  issuer: string;
  signer: TokenSigner;
  /** Whether whoever runs this reads its terminal: the standalone, and nothing else. */
  isDevelopment: boolean | undefined;
}

/** The device of `CIBA_CHANNEL`. @throws ConfigError */
export function composeDevice(
  config: BackchannelSettings,
  channel: NonNullable<BackchannelSettings['CIBA_CHANNEL']>,
  { runtime, issuer, signer, isDevelopment }: DeviceParts & { runtime: Runtime },
): ComposedDevice {
  const close = (): void => undefined;
  if (channel === 'development') {
    if (isDevelopment !== true) {
      throw new ConfigError([{ variable: 'CIBA_CHANNEL', message: 'development is for the standalone alone' }]);
    }
    return { device: createDevelopmentDevice({ url: issuer, logger: runtime.logger }), parts: [], close };
  }
  const { CIBA_WEBHOOK_URL: url, UPSTREAM_TIMEOUT_MS: timeoutMs } = config;
  if (url === undefined) {
    throw new ConfigError([{ variable: 'CIBA_WEBHOOK_URL', message: 'is needed for CIBA_CHANNEL=webhook' }]);
  }
  const upstream = createUpstream({ name: 'device:webhook', http: runtime.http }, runtime);
  const { clock } = runtime;
  return {
    device: createWebhookDevice({ http: upstream.http, url, signer, issuer, clock, timeoutMs }),
    parts: [upstream.part()],
    close,
  };
}
