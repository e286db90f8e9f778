import {
  type HttpClient,
  type HttpResponse,
  type JsonValue,
  type Metrics,
  UpstreamError,
  parseDeclaredJson,
  traceHeaders,
} from '@mandate/ports';
import type { PolicyBackend, PolicyContext, PolicyDecision, PolicyRequest } from '../policy-backend.js';
import { type GrantSyntax, readOpaDecision, readOpaDocument } from './opa-answer.js';
import { noDocument, type OpaEndpoint, parseOpaUrl } from './opa-endpoint.js';
import { renderOpaInput } from './opa-input.js';

/** Largest answer read, in bytes. */
const MAX_ANSWER_BYTES = 262_144;
const NAME = 'policy opa';

export interface OpaPolicyOptions {
  http: HttpClient;
  /** Of a decision: `.../v0/data/...` (bare input) or `.../v1/data/...` (`{"input"}` and `result`). */
  url: string;
  /** The bearer token OPA asks for, read for every request. */
  token?: () => string | undefined;
  /** Bounds the whole answer, milliseconds. */
  timeoutMs: number;
  /** Default `strict`. */
  syntax?: GrantSyntax | undefined;
  /** Whether OPA had a document for a decision. Without, it is denied like any other deny, but rarely meant. */
  onDocument?: (isDefined: boolean) => void;
}

/** Counts decisions that OPA has no document for, `policy_undefined_total`. */
export function countUndefined(metrics: Metrics): () => void {
  const decisions = metrics.counter({
    name: 'policy_undefined_total',
    help: 'Decisions that OPA had no document for, which are denied: a wrong path, or a rule without a default',
    labels: { backend: ['opa'] },
  });
  return () => decisions.increment({ backend: 'opa' });
}

/**
 * Open Policy Agent as a backend. Whatever is not exactly one of the answers of docs/policies.md is a failure: never a
 * permit, never the next backend. @throws TypeError when the URL names no decision.
 *
 * @example
 * const backend = createOpaPolicy({ http, url: 'http://127.0.0.1:8181/v1/data/mandate/exchange', timeoutMs: 1000 });
 */
export function createOpaPolicy(options: OpaPolicyOptions): PolicyBackend {
  const endpoint = parseOpaUrl(options.url);
  if (endpoint === undefined) throw new TypeError('the URL of a decision has /v0/data/ or /v1/data/ in its path');
  return {
    name: 'opa',
    decide: (request, context) => decide({ ...options, endpoint }, request, context),
    check: () => checkHealth({ ...options, endpoint }),
  };
}

type Opa = OpaPolicyOptions & { endpoint: OpaEndpoint };

async function decide(opa: Opa, request: PolicyRequest, context: PolicyContext): Promise<PolicyDecision> {
  const { family, decision: rule } = opa.endpoint;
  const input = renderOpaInput(request);
  const response = await ask(opa, context, JSON.stringify(family === 'v0' ? input : { input }));
  const { document, id } = documentOf(opa, response);
  const idPart = id === undefined ? {} : { id };
  opa.onDocument?.(document !== undefined);
  if (document === undefined) return { outcome: 'deny', rules: [rule], reason: noDocument(opa.endpoint), ...idPart };
  const decision = readOpaDecision(document, request, { rule, syntax: opa.syntax ?? 'strict' });
  if (decision === undefined) throw malformed('the result has none of the shapes of a decision');
  return { ...decision, ...idPart };
}

async function ask({ http, endpoint, ...opa }: Opa, context: PolicyContext, body: string): Promise<HttpResponse> {
  return inOwnName(() =>
    http.send({
      method: 'POST',
      repeatable: true,
      url: endpoint.url,
      body,
      signal: context.signal(),
      timeoutMs: opa.timeoutMs,
      maxResponseBytes: MAX_ANSWER_BYTES,
      headers: {
        'Content-Type': 'application/json',
        ...traceHeaders(context),
        ...bearer(opa.token),
      },
    }),
  );
}

interface Answer {
  document: JsonValue | undefined;
  id: string | undefined;
}

function documentOf({ endpoint: { family } }: Opa, response: HttpResponse): Answer {
  const { status } = response;
  if (family === 'v0' && status === 404) return { document: undefined, id: undefined };
  if (status !== 200) throw new UpstreamError(NAME, 'status', `status ${status}`);
  const document = readOpaDocument(family, parseDeclaredJson(NAME, response));
  if (!document.ok) throw malformed(document.problem);
  return document;
}

/** A failure here is for the eyes of an operator: whether to decide is learned by asking for a decision. */
async function checkHealth({ http, endpoint, ...opa }: Opa): Promise<void> {
  const request = { method: 'GET', url: endpoint.healthUrl, timeoutMs: opa.timeoutMs } as const;
  const { status } = await inOwnName(() => http.send({ ...request, headers: bearer(opa.token) }));
  // A gateway or OPA's own authorization may keep the health path to itself.
  if (status >= 500) throw new UpstreamError(NAME, 'status', `health ${status}`);
}

function bearer(token: OpaPolicyOptions['token']): Record<string, string> {
  const value = token?.();
  return value === undefined ? {} : { Authorization: `Bearer ${value}` };
}

async function inOwnName<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof UpstreamError) throw new UpstreamError(NAME, error.failure, error.detail);
    throw error;
  }
}

function malformed(detail: string): UpstreamError {
  return new UpstreamError(NAME, 'malformed', detail);
}
