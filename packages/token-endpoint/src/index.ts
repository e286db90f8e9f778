export type { Grant, GrantedToken } from './grant.js';
export { createTokenEndpoints } from './token-endpoint.js';
