import * as z from 'zod';
import {
  callersConfig,
  clientsConfig,
  introspectionScopeConfig,
  issuersConfig,
  openamIntrospectionConfig,
  signingConfig,
  stateConfig,
  verifierConfig,
} from '@mandate/composition';
import { choices, commonConfig, seconds, text } from '@mandate/service-kit';

/** The environment of token-validation. */
export const tokenValidationConfig = z.object({
  ...commonConfig,
  PORT: commonConfig.PORT.unwrap().default(28080).describe('Public port'),
  MANAGEMENT_PORT: commonConfig.MANAGEMENT_PORT.unwrap().default(29080).describe('Port of metrics and probes'),
  ...signingConfig,
  ...issuersConfig,
  ...verifierConfig,
  ...clientsConfig,
  ...callersConfig,
  ...stateConfig,
  INTROSPECTION_SERVICES: choices(['json', 'jwt', 'openam'])
    .default(['json'])
    .describe('What introspects, in order; the first active answer wins. `json` (IMS) is `jwt`'),
  ...openamIntrospectionConfig,
  ...introspectionScopeConfig,
  REVOCATION_REQUIRED_SCOPE: text()
    .default('revoke')
    .describe("Scope a caller needs to revoke its own tokens; others' need `revoke-all` besides"),
  REVOCATION_RETENTION_SECONDS: seconds(60)
    .default(2_592_000)
    .describe(
      'How long a cut-off or a revoked grant is kept: at least the longest lifetime of any token, and REFRESH_TOKEN_EXPIRATION_SECONDS where people are asked',
    ),
});

export type TokenValidationConfig = z.output<typeof tokenValidationConfig>;
