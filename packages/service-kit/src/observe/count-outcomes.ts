import { ERROR_STATUS, OAuthError, type OAuthErrorCode } from '@mandate/oauth';
import { type Metrics, UpstreamError } from '@mandate/ports';
import type { EndpointResponse } from '../service.js';

/** A response, and what it came to in the metrics. */
export interface CountedResponse {
  outcome: string;
  response: EndpointResponse;
}

/** Runs what answers a request and counts it by its outcome; one that fails, by its error code. */
export type CountOutcome<Label extends string> = (
  labels: Readonly<Record<Label, string>>,
  answer: () => Promise<CountedResponse>,
) => Promise<EndpointResponse>;

/**
 * A counter of requests by outcome, and by the labels given.
 *
 * @example
 * const count = createOutcomeCounter(metrics, { name, help, labels: {}, outcomes: ['active', 'inactive'] });
 * return count({}, async () => ({ outcome: 'active', response: await answer(request) }));
 */
export function createOutcomeCounter<Label extends string = never>(
  metrics: Metrics,
  options: {
    name: string;
    help: string;
    labels: Readonly<Record<Label, readonly string[]>>;
    outcomes: readonly string[];
  },
): CountOutcome<Label> {
  const { name, help, labels: labelSets, outcomes } = options;
  const outcomeSet = [...outcomes, ...Object.keys(ERROR_STATUS)];
  const requests = metrics.counter<Label | 'outcome'>({ name, help, labels: { ...labelSets, outcome: outcomeSet } });
  return async (labels, answer) => {
    try {
      const { outcome, response } = await answer();
      requests.increment({ ...labels, outcome });
      return response;
    } catch (error) {
      requests.increment({ ...labels, outcome: errorOutcome(error) });
      throw error;
    }
  };
}

function errorOutcome(error: unknown): OAuthErrorCode {
  if (error instanceof OAuthError) return error.code;
  return error instanceof UpstreamError ? 'temporarily_unavailable' : 'server_error';
}
