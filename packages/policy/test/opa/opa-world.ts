import { UpstreamError, type HttpClient } from '@mandate/ports';
import { type PolicyBackend, type PolicyDecision, type PolicyRequest, createOpaPolicy } from '@mandate/policy';
import { createHttpClient } from '@mandate/service-kit';
import { policyContext, policyQuestion } from '@mandate/testing';
import { type OpaStandIn, startOpaStandIn } from './opa-stand-in.js';

/** How long the backend under test waits, milliseconds: on a busy machine long enough for every answer. */
export const PATIENT_MS = 20_000;
/** And where nothing comes in any case. */
const HASTY_MS = 250;

/** A question with targets of both kinds and scopes. */
export const question = { resources: ['urn:photos'], audiences: ['printer'], scopes: ['read', 'list'] };

/** The backend over a stand-in, and short ways to ask it. */
export interface OpaWorld {
  opa: OpaStandIn;
  http: HttpClient;
  undefinedCount(): number;
  backend(path?: string, token?: () => string | undefined): PolicyBackend;
  decide(members?: Partial<PolicyRequest>, path?: string): Promise<PolicyDecision>;
  /** The same with a short deadline: for what never answers. */
  decideHastily(): Promise<PolicyDecision>;
  /** Decides with a result that OPA answers in family v1. */
  result(value: unknown): Promise<PolicyDecision>;
  close(): Promise<void>;
}

export async function startOpaWorld(): Promise<OpaWorld> {
  const opa = await startOpaStandIn();
  const http = createHttpClient();
  let undefinedCount = 0;
  const open = (timeoutMs: number, path = '/v1/data/mandate/exchange/match', token?: () => string | undefined) =>
    createOpaPolicy({
      http,
      url: opa.origin + path,
      timeoutMs,
      ...(token && { token }),
      onDocument: (isDefined) => (undefinedCount += isDefined ? 0 : 1),
    });
  const backend: OpaWorld['backend'] = (path, token) => open(PATIENT_MS, path, token);
  const decide: OpaWorld['decide'] = (members = question, path) =>
    backend(path).decide(policyQuestion(members), policyContext());
  return {
    opa,
    http,
    backend,
    decide,
    decideHastily: () => open(HASTY_MS).decide(policyQuestion(question), policyContext()),
    undefinedCount: () => undefinedCount,
    result(value) {
      opa.answer(JSON.stringify({ result: value }));
      return decide();
    },
    async close() {
      http.close();
      await opa.close();
    },
  };
}

/** The kind of failure that a question ends with; anything else is an error of the test. */
export async function failureOf(decision: Promise<unknown>): Promise<string> {
  const error = await decision.then(
    (value) => new Error(`answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError && error.dependency === 'policy opa') return error.failure;
  throw error instanceof Error ? error : new Error('no error');
}
