import { ConfigError } from '@mandate/ports';
import { createUpstream } from '@mandate/service-kit';
import type { BackchannelSettings } from '../backchannel-config.js';
import type { ComposedDevice, DeviceFoundation } from './composed-device.js';
import { composeOpenidDevice } from './compose-openid-device.js';
import { developmentDecisionEndpoints } from './development-endpoint.js';
import { createDevelopmentDevice } from './development-device.js';
import { createOpenQuestions } from './open-questions.js';
import { createWebhookDevice } from './webhook-device.js';

/** The device of `CIBA_CHANNEL`. @throws ConfigError */
export function composeDevice(
  config: BackchannelSettings,
  channel: NonNullable<BackchannelSettings['CIBA_CHANNEL']>,
  foundation: DeviceFoundation,
): ComposedDevice {
  switch (channel) {
    case 'development':
      return developmentDevice(foundation);
    case 'openid':
      return composeOpenidDevice(config, foundation);
    case 'webhook':
      return webhookDevice(config, foundation);
  }
}

function developmentDevice({ runtime, issuer, isDevelopment, decide, requests }: DeviceFoundation): ComposedDevice {
  if (isDevelopment !== true) {
    throw new ConfigError([{ variable: 'CIBA_CHANNEL', message: 'development is for the standalone alone' }]);
  }
  const { clock, logger } = runtime;
  const questions = createOpenQuestions({ clock });
  return {
    device: createDevelopmentDevice({ url: issuer, logger, questions }),
    endpoints: developmentDecisionEndpoints({ requests, decide, questions, clock }),
    parts: [],
    close: () => undefined,
  };
}

function webhookDevice(config: BackchannelSettings, { runtime, issuer, signer }: DeviceFoundation): ComposedDevice {
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
