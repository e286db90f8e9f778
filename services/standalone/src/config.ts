import { join } from 'node:path';
import * as z from 'zod';
import { authenticationConfig } from '@mandate/authentication';
import { choice, commonConfig } from '@mandate/service-kit';
import { tokenExchangeConfig } from '@mandate/token-exchange';
import { tokenValidationConfig } from '@mandate/token-validation';

/** The development set-up lies beside `src` and `dist`. */
const DEVELOPMENT = join(import.meta.dirname, '../development');

const services = { ...authenticationConfig.shape, ...tokenValidationConfig.shape, ...tokenExchangeConfig.shape };

/** The environment of the three services in one process, with the defaults of a development set-up. */
export const standaloneConfig = z.object({
  ...services,
  PORT: commonConfig.PORT.unwrap().default(8080).describe('Public port of all three services'),
  MANAGEMENT_PORT: commonConfig.MANAGEMENT_PORT.unwrap().default(9090).describe('Port of metrics and probes'),
  SHUTDOWN_DRAIN_SECONDS: commonConfig.SHUTDOWN_DRAIN_SECONDS.unwrap()
    .default(0)
    .describe('How long to keep serving after SIGTERM or Ctrl-C'),
  CLIENT_CREDENTIALS_JSON_PATH: services.CLIENT_CREDENTIALS_JSON_PATH.unwrap()
    .default(join(DEVELOPMENT, 'clients.json'))
    .describe('Client records as a JSON file; default: the bundled development clients'),
  EXCHANGE_POLICY_JSON_CONFIG_PATH: services.EXCHANGE_POLICY_JSON_CONFIG_PATH.unwrap()
    .default(join(DEVELOPMENT, 'policy.json'))
    .describe('Policy file of the `json` backend; default: the bundled development policy'),
  CIBA_CHANNEL: choice(['off', ...services.CIBA_CHANNEL.unwrap().options])
    .default('development')
    .transform((channel) => (channel === 'off' ? undefined : channel))
    .describe(
      'How people are asked (docs/people.md); default: a link in the terminal; `off`: nobody is, as a signing key that is a secret needs it',
    ),
  // Here without CONSENT_URL as well.
  CONSENT_CLIENT_ID: services.CONSENT_CLIENT_ID.unwrap()
    .default('token-exchange')
    .describe('Our client id at authentication; it has the CIBA grant, and every scope that people may be asked for'),
  CONSENT_CLIENT_SECRET: services.CONSENT_CLIENT_SECRET.unwrap()
    .optional()
    .describe(
      'Our secret there (`client_secret_basic`); unset: at CONSENT_URL `private_key_jwt`, signed with our signing key, else that of the bundled development client',
    ),
  DEMONSTRATION: choice(['on', 'off']).default('on').describe('Show a delegation on the terminal after the start'),
});

/** The same at a terminal, where the log is refusals and warnings until a person asks for more. */
export const terminalConfig = standaloneConfig.extend({
  LOG_LEVEL: commonConfig.LOG_LEVEL.unwrap().default('warn').describe('Least severe level that is logged'),
});

export type StandaloneConfig = z.output<typeof standaloneConfig>;
