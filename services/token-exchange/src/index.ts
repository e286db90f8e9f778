export { compose } from './compose.js';
export { tokenExchangeConfig } from './config.js';
export { createLocalTransport, type LocalAuthentication } from './consent/local-consent.js';
