import * as z from 'zod';
import { clientsConfig, signingConfig, stateConfig, tokenLifetimeConfig } from '@mandate/composition';
import { backchannelConfig } from './backchannel/backchannel-config.js';
import { actAsExchangeConfig } from './act-as/compose-act-as.js';
import { delegationsConfig } from './delegations/delegations-config.js';
import { choice, commonConfig, list } from '@mandate/service-kit';

/** The environment of authentication. */
export const authenticationConfig = z.object({
  ...commonConfig,
  PORT: commonConfig.PORT.unwrap().default(18080).describe('Public port'),
  MANAGEMENT_PORT: commonConfig.MANAGEMENT_PORT.unwrap().default(19080).describe('Port of metrics and probes'),
  ...signingConfig,
  ...clientsConfig,
  ...stateConfig,
  ...actAsExchangeConfig,
  ...backchannelConfig,
  ...delegationsConfig,
  TOKEN_AUDIENCE: list()
    .default([])
    .describe('Audiences of issued tokens besides the client; `audiences` of a client record replace them'),
  ...tokenLifetimeConfig,
  TOKEN_CLAIMS_PROFILE: choice(['standard', 'ims', 'minimal'])
    .default('standard')
    .describe(
      '`standard`: RFC 9068 and what IMS consumers read; `ims`: as the 2018 services; `minimal`: RFC 9068 only',
    ),
  TOKEN_SUPPORTED_ADDITIONAL_CLAIMS: list()
    .default([])
    .describe('Attributes of a client that become claims; they never override a registered one'),
});

export type AuthenticationConfig = z.output<typeof authenticationConfig>;
