export { callerLacks, isBound } from './caller-lacks.js';
export type { Grant, GrantRequest, GrantedToken } from './grant.js';
export { createTokenEndpoints } from './token-endpoint.js';
