export { compose } from './compose.js';
export { tokenValidationConfig } from './config.js';
