export type {
  AuthenticationMethod,
  AuthenticationRequest,
  CredentialPlace,
} from './authentication/authentication-method.js';
export {
  type Caller,
  type CallerAuthentication,
  type CallerAuthenticationOptions,
  audiencesOf,
  createCallerAuthentication,
} from './authentication/caller-authentication.js';
export {
  type AuthenticatedClient,
  type ClientAuthentication,
  type ClientAuthenticationOptions,
  createClientAuthentication,
} from './authentication/client-authentication.js';
export type { Client, ClientSecret, ClientStore, TokenEndpointAuthMethod } from './store/client.js';
export { generateClientSecret, hashClientSecret } from './secrets/hash-client-secret.js';
export { createJsonClientStore } from './store/json-client-store.js';
export { parseClients } from './store/parse-clients.js';
export type { SecretScheme } from './secrets/secret-hashing.js';
export type { SecretSettings } from './secrets/secret-schemes.js';
export {
  type SecretClaim,
  type SecretVerifier,
  type SecretVerifierOptions,
  createSecretVerifier,
} from './secrets/secret-verifier.js';
