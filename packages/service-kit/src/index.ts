export type {
  Endpoint,
  EndpointMetadata,
  EndpointRequest,
  EndpointResponse,
  HealthPart,
  RequestContext,
  Runtime,
  Service,
  TokenEndpoint,
} from './service.js';
export { composeAll } from './config/compose-all.js';
export { type CommonConfig, type Settings, commonConfig } from './config/common-config.js';
export {
  type ConfigSchema,
  type UsedWith,
  type VariableDescription,
  describeVariables,
} from './config/describe-variables.js';
export type { Environment } from './config/config-file.js';
export { readConfig, readConfiguration } from './config/read-config.js';
export { IMS_PROFILE } from './config/ims-profile.js';
export {
  choice,
  choices,
  flag,
  integer,
  list,
  path,
  seconds,
  secret,
  text,
  url,
  usedWith,
} from './config/variables.js';
export { type CountedResponse, createOutcomeCounter } from './observe/count-outcomes.js';
export { drawLogLine } from './observe/draw-log-line.js';
export { type LogFields, type Logger, createLogger } from './observe/logger.js';
export { createMetrics } from './observe/prometheus-metrics.js';
export { localRequest } from './http/local-request.js';
export { scrubTokens } from './observe/scrub.js';
export type { AuditEvent, AuditSink } from './audit/audit-sink.js';
export { createFileAuditSink } from './audit/file-sink.js';
export type { AuditFinding } from './audit/findings.js';
export { createStdoutAuditSink } from './audit/stdout-sink.js';
export { createStandardOutput } from './observe/standard-output.js';
export { type AuditVerdict, verifyAuditLog } from './audit/verify-audit-log.js';
export { createReloadingFile } from './files/reloading-file.js';
export { parseBearerToken } from './files/parse-bearer-token.js';
export { parseCertificates } from './files/parse-certificates.js';
export { watchFile } from './files/watch-file.js';
export { createUpstream, createUpstreamBreaker } from './outbound/create-upstream.js';
export { createTrustingClient } from './outbound/create-trusting-client.js';
export { type OutboundSettings, outboundOptions } from './outbound/outbound-options.js';
export type { HttpClientOptions } from './outbound/http-client-options.js';
export { createHttpClient } from './outbound/http-client.js';
export { createRuntime } from './run/create-runtime.js';
export { mandateVersion } from './run/version.js';
export { runMain } from './run/run-service.js';
export { startService } from './run/start-service.js';
