export { compose } from './compose.js';
export { tokenExchangeConfig } from './config.js';
