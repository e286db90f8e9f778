import type { Clock, HttpClient, JsonObject } from '@mandate/ports';
import type { Form } from '@mandate/oauth';
import type { Logger } from './observe/logger.js';
import type { Metrics } from './observe/metrics.js';

/** What one service is, as data: {@link createApp} turns one or several of them into an application. */
export interface Service {
  name: string;
  /** Paths of the IMS ping and metrics, HTTP Basic. */
  ims: { ping: string; metrics: string };
  endpoints: readonly Endpoint[];
  tokenEndpoints: readonly TokenEndpoint[];
  /** What `/readyz` asks. */
  parts: readonly HealthPart[];
  /** Members this service contributes to the RFC 8414 document, `issuer` included; empty: it publishes none. */
  metadata: JsonObject;
  /** The public halves of its signing keys, for `/.well-known/jwks.json`. */
  publicJwks?: () => Promise<{ keys: object[] }>;
  /** Releases what the service holds open. Called once, after the last response. */
  close(): Promise<void>;
}

/** A path and what answers it. `POST` endpoints get the form of the body; other methods are answered 405. */
export interface Endpoint {
  method: 'POST' | 'GET';
  paths: readonly string[];
  handle(request: EndpointRequest): Promise<EndpointResponse>;
}

/** An endpoint for some grants. Those of several services on one path are dispatched by `grant_type`. */
export interface TokenEndpoint {
  path: string;
  grantTypes: readonly string[];
  /** Parameters that may come in the query string as well (IMS). Never a credential or a token. */
  queryParameters?: readonly string[];
  handle(request: EndpointRequest): Promise<EndpointResponse>;
}

export interface EndpointRequest {
  form: Form;
  /** The one `Authorization` header, as received. */
  authorization: string | undefined;
  /** Where it comes from, for rate limits: an IPv4 address, or an IPv6 network. */
  address: string;
  /** A request header by name, in any case. */
  header(name: string): string | undefined;
  context: RequestContext;
  /** Aborts when the caller goes away. */
  signal: AbortSignal;
}

/** What follows a request into logs, audit events and upstream calls. */
export interface RequestContext {
  transactionId: string;
  /** The caller's W3C trace continued with a span of our own. */
  traceparent: string | undefined;
  log: Logger;
}

export interface EndpointResponse {
  /** Default 200. */
  status?: number;
  body?: JsonObject | string;
  /** Of a string body. Default `application/json`. */
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}

/** One thing that has to work for the service to be ready, or to be well. */
export interface HealthPart {
  name: string;
  /** `false`: the service serves without it. Then it is degraded when this one is not ready or does not answer. */
  needed?: boolean;
  status(): Promise<HealthStatus> | HealthStatus;
}

/** `degraded`: it works on what it had. `detail` is shown on the management port: no secret, no value. */
export interface HealthStatus {
  ready: boolean;
  degraded?: boolean;
  detail?: string;
}

/** What every `compose` receives from the process that runs it. */
export interface Runtime {
  logger: Logger;
  metrics: Metrics;
  clock: Clock;
  http: HttpClient;
  /** Where lines for standard output go instead. */
  output?: { write(line: string): void } | undefined;
}
