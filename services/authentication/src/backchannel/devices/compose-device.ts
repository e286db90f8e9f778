import { ConfigError } from '@mandate/ports';
import { createUpstream } from '@mandate/service-kit';
import type { BackchannelSettings } from '../backchannel-config.js';
import type { ComposedDevice, DeviceParts } from './composed-device.js';
import { composeOpenidDevice } from './compose-openid-device.js';
import { developmentDecisionEndpoints } from './development-endpoint.js';
import { createDevelopmentDevice } from './development-device.js';
import { createOpenQuestions } from './open-questions.js';
import { createWebhookDevice } from './webhook-device.js';

/** The device of `CIBA_CHANNEL`. @throws ConfigError */
export function composeDevice(
  config: BackchannelSettings,
  channel: NonNullable<BackchannelSettings['CIBA_CHANNEL']>,
  parts: DeviceParts,
): ComposedDevice {
  switch (channel) {
    case 'development':
      return developmentDevice(parts);
    case 'openid':
      return composeOpenidDevice(config, parts);
    case 'webhook':
      return webhookDevice(config, parts);
  }
}

function developmentDevice({ runtime, issuer, isDevelopment, decide, requests }: DeviceParts): ComposedDevice {
  if (isDevelopment !== true) {
    throw new ConfigError([{ variable: 'CIBA_CHANNEL', message: 'development is for the standalone alone' }]);
  }
  const { clock, logger } = runtime;
  const open = createOpenQuestions({ clock });
  return {
    device: createDevelopmentDevice({ url: issuer, logger, open }),
    endpoints: developmentDecisionEndpoints({ requests, decide, open, clock }),
    parts: [],
    close: () => undefined,
  };
}

function webhookDevice(config: BackchannelSettings, { runtime, issuer, signer }: DeviceParts): ComposedDevice {
  const { CIBA_WEBHOOK_URL: url, UPSTREAM_TIMEOUT_MS: timeoutMs } = config;
  if (url === undefined) {
    throw new ConfigError([{ variable: 'CIBA_WEBHOOK_URL', message: 'is needed for CIBA_CHANNEL=webhook' }]);
  }
  const upstream = createUpstream({ name: 'device:webhook', http: runtime.http }, runtime);
  const { clock } = runtime;
  return {
    device: createWebhookDevice({ http: upstream.http, url, signer, issuer, clock, timeoutMs }),
    endpoints: [],
    parts: [upstream.part()],
    close: () => undefined,
  };
}
