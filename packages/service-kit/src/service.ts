import type { Authorization, Form } from '@mandate/oauth';
import type { Clock, HttpClient, JsonObject, Metrics, TraceContext } from '@mandate/ports';
import type { LogFields, Logger } from './observe/logger.js';
import type { LineDestination, StandardOutput } from './observe/standard-output.js';

/** What one service is, as data: {@link createApp} turns one or several of them into an application. */
export interface Service {
  name: string;
  /** Paths of the IMS ping and metrics, HTTP Basic. */
  ims: { ping: string; metrics: string };
  endpoints: readonly Endpoint[];
  tokenEndpoints: readonly TokenEndpoint[];
  /** What `/readyz` asks. */
  parts: readonly HealthPart[];
  /** The issuer that it answers as, in the metadata of its endpoints (RFC 8414); absent: it publishes none. */
  issuer?: string;
  /** Scopes that the metadata names; the list need not be complete (RFC 8414 section 2). */
  scopes?: readonly string[];
  /** The public halves of its signing keys, for `/.well-known/jwks.json`. */
  publicJwks?: () => Promise<{ keys: object[] }>;
  /** What the log line `ready` says of it: which policy backends, where its state is kept. */
  facts?: LogFields;
  /** Answers whoever is kept waiting, as far as it may be answered now: the process begins to stop. */
  stopWaiting?(): void;
  /** Releases what the service holds open. Called once, after the last response. */
  close(): Promise<void>;
}

/** What answers at some paths, the last segment of which may be a parameter (`/things/{id}`). `POST` endpoints get the form of the body, or its JSON; other methods are answered 405. */
export interface Endpoint {
  method: 'POST' | 'GET' | 'DELETE';
  /** What a `POST` takes; default: a form. */
  accepts?: 'form' | 'json';
  /** The standard path first, which metadata announces; then its other names. */
  paths: readonly string[];
  /** How metadata announces it; absent: not at all. */
  metadata?: EndpointMetadata;
  handle(request: EndpointRequest): Promise<EndpointResponse>;
}

/** What the metadata of RFC 8414 section 2 says of an endpoint. */
export interface EndpointMetadata {
  /** What its members there begin with: `introspection` of `introspection_endpoint`. */
  name: 'token' | 'introspection' | 'revocation' | 'backchannel_authentication';
  /** How its callers authenticate, and the algorithms of those that sign for that; absent: as at the token endpoint. */
  authentication?: { methods: readonly string[]; signingAlgorithms: readonly string[] };
  /** Further members. */
  members?: JsonObject;
}

/** What answers for one grant. Those that share a path, of several services too, are dispatched by `grant_type`. */
export interface TokenEndpoint {
  /** The standard path first, which metadata announces; then its other names. */
  paths: readonly string[];
  grantType: string;
  /** Parameters that may come in the query string as well (IMS). Never a credential or a token. */
  queryParameters?: readonly string[];
  metadata: EndpointMetadata;
  handle(request: EndpointRequest): Promise<EndpointResponse>;
}

export interface EndpointRequest {
  /** Of the body; empty for a GET or DELETE, and where the body is JSON. */
  form: Form;
  /** Of the body, where the endpoint accepts JSON. */
  json?: JsonObject | undefined;
  /** What stands for the parameter of the path, decoded. */
  segment?: string | undefined;
  /** The query string, read when it is asked for. @throws OAuthError `invalid_request` when it is malformed */
  query: () => Form;
  /** The one cookie of a name; `undefined` without it, or with two. */
  cookie: (name: string) => string | undefined;
  /** The one `Authorization` header. */
  authorization: Authorization | undefined;
  /** Where it comes from, for rate limits: an IPv4 address, or an IPv6 network. */
  address: () => string;
  /**
   * The thumbprint (`x5t#S256`) of the client's TLS certificate, where a trusted proxy says it (`CLIENT_CERTIFICATE_HEADER`).
   * @throws OAuthError `invalid_request` for what is no certificate.
   */
  certificate(): string | undefined;
  /** A request header by name, in any case. */
  header(name: string): string | undefined;
  context: RequestContext;
  /** Aborts when the caller goes away. */
  signal: () => AbortSignal;
  /** To be told when the answer waits for a person: it is counted then, and not timed. */
  onHeld?: () => void;
  /** To be told who sends it, whenever more of that is known: a refusal is logged with it. */
  onCaller?: (caller: CallerFields) => void;
}

/**
 * Fields of log lines that say who sends a request: the client that it has proved to be, or only claims to be. A client that
 * nobody has is in neither: a secret may have been sent in its place.
 */
export type CallerFields = Pick<LogFields, 'client' | 'clientIssuer' | 'claimedClient'>;

/** What follows a request into logs, audit events and upstream calls. */
export interface RequestContext extends TraceContext {
  log: Logger;
}

export interface EndpointResponse {
  /** Default 200. */
  status?: number;
  /** JSON, or the text of a page or of whatever else `contentType` says. */
  body?: JsonObject | string;
  /** Of a string body. Default `application/json`. */
  contentType?: string;
  /** A list where one may be sent several times, as `Set-Cookie`. */
  headers?: Readonly<Record<string, string | readonly string[]>>;
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
  /** Where the lines of the log go, and the audit's unless it has a file. */
  output: LineDestination | StandardOutput;
}
