export { compose } from './compose.js';
export { type TokenExchangeConfig, tokenExchangeConfig } from './config.js';
