export { compose } from './compose.js';
export { authenticationConfig } from './config.js';
