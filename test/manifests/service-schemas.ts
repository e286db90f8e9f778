import { authenticationConfig } from '@mandate/authentication';
import type { ConfigSchema } from '@mandate/service-kit';
import { tokenExchangeConfig } from '@mandate/token-exchange';
import { tokenValidationConfig } from '@mandate/token-validation';

/** The configuration schema of each service that is deployed by itself. */
export const SERVICE_SCHEMAS: Readonly<Record<string, ConfigSchema>> = {
  authentication: authenticationConfig,
  'token-validation': tokenValidationConfig,
  'token-exchange': tokenExchangeConfig,
};
