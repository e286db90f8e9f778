import { ERROR_STATUS, OAuthError } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import type { EndpointRequest, EndpointResponse, Metrics } from '@mandate/service-kit';

/** A response, and what it came to in the metrics. */
export interface Answered {
  outcome: string;
  response: EndpointResponse;
}

type Answer = (request: EndpointRequest) => Promise<Answered>;

/** Counts requests in a metric by outcome; a request that fails, by its error code. */
export function countOutcomes(
  metrics: Metrics,
  { name, help, outcomes }: { name: string; help: string; outcomes: readonly string[] },
): (request: EndpointRequest, answer: Answer) => Promise<EndpointResponse> {
  const labels = { outcome: [...outcomes, ...Object.keys(ERROR_STATUS)] };
  const requests = metrics.counter({ name, help, labels });
  return async (request, answer) => {
    try {
      const { outcome, response } = await answer(request);
      requests.increment({ outcome });
      return response;
    } catch (error) {
      requests.increment({ outcome: errorOutcome(error) });
      throw error;
    }
  };
}

function errorOutcome(error: unknown): string {
  if (error instanceof OAuthError) return error.code;
  return error instanceof UpstreamError ? 'temporarily_unavailable' : 'server_error';
}
