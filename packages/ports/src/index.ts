export { canonicalJson } from './canonical-json.js';
export { CLOCK_MARGIN_SECONDS, type Clock, isRecent } from './clock.js';
export { ConfigError, type ConfigIssue } from './config-error.js';
export { FileError } from './file-error.js';
export type { HttpClient, HttpRequest, HttpResponse } from './http-client.js';
export { jsonObjectIn, parseDeclaredJson, parseJsonAnswer } from './json-answer.js';
export { type JsonObject, type JsonValue, isJsonObject } from './json-value.js';
export type { LabelSets, MetricOptions, Metrics } from './metrics.js';
export { nearestName } from './nearest-name.js';
export { oncePer } from './once-per.js';
export type { RedisClient, RedisScript } from './redis-client.js';
export { MAX_JSON_DEPTH } from './platform-json.js';
export { type Steps, finish } from './steps.js';
export { JsonSyntaxError, parseStrictJson } from './strict-json.js';
export { type TraceContext, traceHeaders, traceIdOf } from './trace-context.js';
export { UpstreamError, type UpstreamFailure } from './upstream-error.js';
export { withDeadline } from './with-deadline.js';
export {
  type FilePath,
  type FileProblem,
  fileError,
  findPlaces,
  notJson,
  parseWrittenJson,
  parseWrittenJsonInSteps,
  schemaProblems,
  unknownMember,
} from './written-json.js';
