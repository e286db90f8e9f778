export {
  type Clients,
  type ClientSettings,
  clientsConfig,
  composeClients,
  composeOptionalClients,
} from './client-authentication.js';
export { type ComposedPart, uniteParts } from './part.js';
export {
  type SigningKeys,
  type SigningSettings,
  asConfigError,
  composeOptionalSigningKeys,
  composeSigningKeys,
  signingConfig,
} from './signing-keys.js';
export { type IssuerSettings, type TrustedIssuers, composeTrustedIssuers, issuersConfig } from './trusted-issuers.js';
