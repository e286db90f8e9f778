export { compose } from './compose.js';
export { type AuthenticationConfig, authenticationConfig } from './config.js';
