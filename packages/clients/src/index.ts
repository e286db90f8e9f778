export type { AuthenticationMethod } from './authentication/authentication-method.js';
export { type Caller, type ClientCaller, audiencesOf, clientFields, isIssuedTo } from './authentication/caller.js';
export {
  type CallerAuthentication,
  createCallerAuthentication,
  createClientCallers,
} from './authentication/caller-authentication.js';
export { type ClientAuthentication, createClientAuthentication } from './authentication/client-authentication.js';
export { withRateLimits } from './rate-limits/with-rate-limits.js';
export { createMemoryRateLimiter } from './rate-limits/memory-rate-limiter.js';
export type { Consumption, RateLimit, RateLimiter } from './rate-limits/rate-limiter.js';
export { createRedisRateLimiter } from './rate-limits/redis-rate-limiter.js';
export { type RequestLimits, countLimited, createRequestLimits, unlimited } from './rate-limits/request-limits.js';
export { countFallbacks, withLocalFallback } from './rate-limits/with-local-fallback.js';
export { createSecretMethods } from './authentication/secret-methods.js';
export { createPrivateKeyJwt } from './authentication/private-key-jwt.js';
export {
  MAX_LIFETIME_SECONDS as ASSERTION_LIFETIME_SECONDS,
  SKEW_SECONDS as CLIENT_SKEW_SECONDS,
  replayKeyOf,
} from './authentication/assertion-claims.js';
export { type ClientKeys, createClientKeys } from './keys/client-keys.js';
export { createMemoryReplayStore } from './replay/memory-replay-store.js';
export { createRedisReplayStore } from './replay/redis-replay-store.js';
export type { ReplayStore } from './replay/replay-store.js';
export { withMarksCounted } from './replay/with-marks-counted.js';
export type { ClientStore } from './store/client-store.js';
export type { Client, DefaultTarget } from './store/client.js';
export { generateClientSecret, hashClientSecret } from './secrets/hash-client-secret.js';
export { createJsonClientStore } from './store/json-client-store.js';
export { createLdapClientRecords } from './store/ldap/ldap-client-records.js';
export { createLdapClientStore } from './store/ldap/ldap-client-store.js';
export { createLdapConnection } from './store/ldap/ldap-connection.js';
export { LDAP_ATTRIBUTES, type LdapEntries, isLdapFilter } from './store/ldap/ldap-settings.js';
export { createMongodbClientRecords } from './store/mongodb/mongodb-client-records.js';
export { createMongodbClientStore } from './store/mongodb/mongodb-client-store.js';
export { createMongodbConnection } from './store/mongodb/mongodb-connection.js';
export { createCassandraClientRecords } from './store/cassandra/cassandra-client-records.js';
export { createCassandraClientStore } from './store/cassandra/cassandra-client-store.js';
export { CASSANDRA_CONSISTENCIES, createCassandraConnection } from './store/cassandra/cassandra-connection.js';
export { createFirstClientStore } from './store/first-client-store.js';
export {
  CLIENT_MEMBERS,
  clientFileSchema,
  createRecordReader,
  parseClients,
  parseClientsInSteps,
} from './store/parse-clients.js';
export type { ClientRecords } from './store/client-records.js';
export { createRedisClientRecords } from './store/redis/redis-client-records.js';
export { createRedisClientStore } from './store/redis/redis-client-store.js';
export { withClientCache } from './store/with-client-cache.js';
export { countLookups, withLookupsCounted } from './store/with-lookups-counted.js';
export { isLoadedPlain } from './secrets/plain-secrets.js';
export type { SecretBind } from './secrets/bind-secrets.js';
export type { SecretScheme } from './secrets/secret-hashing.js';
export type { SecretSettings } from './secrets/secret-schemes.js';
export { type SecretVerifier, createSecretVerifier } from './secrets/secret-verifier.js';
