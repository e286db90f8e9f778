export type { AuthenticationMethod, AuthenticationRequest, CredentialPlace } from './authentication-method.js';
export {
  type Caller,
  type CallerAuthentication,
  type CallerAuthenticationOptions,
  audiencesOf,
  createCallerAuthentication,
} from './caller-authentication.js';
export {
  type AuthenticatedClient,
  type ClientAuthentication,
  type ClientAuthenticationOptions,
  createClientAuthentication,
} from './client-authentication.js';
export type { Client, ClientSecret, ClientStore, TokenEndpointAuthMethod } from './client.js';
export { generateClientSecret, hashClientSecret } from './hash-client-secret.js';
export { createJsonClientStore } from './json-client-store.js';
export { parseClients } from './parse-clients.js';
export type { SecretScheme } from './secret-hashing.js';
export type { SecretSettings } from './secret-schemes.js';
export {
  type SecretClaim,
  type SecretVerifier,
  type SecretVerifierOptions,
  createSecretVerifier,
} from './secret-verifier.js';
