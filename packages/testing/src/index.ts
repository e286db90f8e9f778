export { anyText } from './any-text.js';
export { type DeviceUnderContract, describeAuthenticationDeviceContract } from './contracts/authentication-device.js';
export { auditEvent, describeAuditSinkContract } from './contracts/audit-sink.js';
export { describeIssuerKeysContract } from './contracts/issuer-keys.js';
export { describeKeyStoreContract } from './contracts/key-store.js';
export { describeBackchannelRequestStoreContract } from './contracts/backchannel-request-store.js';
export { describeDelegationStoreContract } from './contracts/delegation-store.js';
export { closeAfterEach } from './close-after-each.js';
export { type OpenedStore, openMemoryStore } from './contracts/opened-store.js';
export { describeRefreshTokenStoreContract } from './contracts/refresh-token-store.js';
export { describeReplayStoreContract } from './contracts/replay-store.js';
export { describeGuessLimitsContract } from './contracts/guess-limits.js';
export { describeRateLimiterContract } from './contracts/rate-limiter.js';
export { describeRevocationStoreContract } from './contracts/revocation-store.js';
export { describeTokenIntrospectorContract } from './contracts/token-introspector.js';
export { type FixedClock, TEST_START, fixedClock } from './fixed-clock.js';
export { fetchHttpClient } from './http/fetch-http-client.js';
export { DISCOVERY_PATH, type IssuerStandIn, JWKS_PATH, startIssuer } from './http/issuer-stand-in.js';
export { type LoopbackServer, pathOf, startLoopbackServer } from './http/loopback-server.js';
export { withOtherSignature } from './keys/other-signature.js';
export { type TestAssertionClaims, assertionForm, signTestAssertion } from './keys/sign-test-assertion.js';
export { type TestHeader, signTestParts, signTestToken } from './keys/sign-test-token.js';
export { type TestAuthority, createTestAuthority } from './keys/test-authority.js';
export { FIRST_CERTIFICATE, SECOND_CERTIFICATE } from './keys/test-certificates.js';
export { type TestKey, createTestKey } from './keys/test-key.js';
export { describeClaimsProviderContract } from './contracts/claims-provider.js';
export { describeClientStoreContract, describeRemoteClientStoreContract } from './contracts/client-store.js';
export { type ConsentUnderContract, describeConsentContract } from './contracts/consent.js';
export { describePolicyBackendContract, policyContext, policyQuestion } from './contracts/policy-backend.js';
export { LDAP_TEST, type LdapServer, ldapServer, startLdapServer } from './real-parts/ldap.js';
export { type MongodbServer, mongodbServer, startMongodbServer } from './real-parts/mongodb.js';
export {
  CASSANDRA_TEST,
  type CassandraServer,
  cassandraServer,
  startCassandraPeer,
  startCassandraServer,
} from './real-parts/cassandra.js';
export { kubernetesApi } from './real-parts/kubernetes.js';
export { freePort, freePorts } from './free-ports.js';
export {
  type OpaProcess,
  type OpaProcessOptions,
  opaProgram,
  opaServer,
  putOpaDocument,
  putOpaModule,
  startOpaProcess,
} from './real-parts/opa.js';
export {
  type RedisGroup,
  type RedisProcess,
  redisProgram,
  startRedisCluster,
  startRedisProcess,
  startRedisSentinels,
} from './real-parts/redis-processes.js';
export { type RedisMonitor, askRedis, monitorRedis } from './real-parts/redis-protocol.js';
export { redisServer } from './real-parts/redis-server.js';
export {
  bashProgram,
  kubectlProgram,
  opensslProgram,
  promtoolProgram,
  prlimitProgram,
  scriptProgram,
  zshProgram,
} from './real-parts/programs.js';
export { findProgram } from './real-parts/find-program.js';
export { gatewayApiDefinitions, prometheusOperatorDefinitions } from './real-parts/resource-definitions.js';
export { type RealPart, startRealPart } from './real-parts/start-real-part.js';
export { openApiDocument } from './http/openapi-document.js';
export { OPENAM_TEST_POLICY_SET } from './openam/openam-policies.js';
export { type OpenamCibaStandIn, startOpenamCibaStandIn } from './openam/openam-ciba-stand-in.js';
export {
  type OpenamRequest,
  type OpenamStandIn,
  spellingsOfSession,
  startOpenamStandIn,
} from './openam/openam-stand-in.js';
export { openamServer, openamSession, putOpenamTestPolicies } from './real-parts/openam.js';
export { cpuMilliseconds } from './cpu-milliseconds.js';
export { testDirectory } from './test-directory.js';
export { until } from './until.js';
