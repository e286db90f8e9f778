export type { Grant, GrantRequest, GrantedToken } from './grant.js';
export { type TokenEndpointOptions, createTokenEndpoints } from './token-endpoint.js';
