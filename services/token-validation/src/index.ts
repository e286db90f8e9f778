export { compose } from './compose.js';
export { type TokenValidationConfig, tokenValidationConfig } from './config.js';
