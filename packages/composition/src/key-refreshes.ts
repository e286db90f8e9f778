import type { UpstreamFailure } from '@mandate/oauth';
import type { Runtime } from '@mandate/service-kit';
import { KEY_SET_REFUSALS, type KeySetRefusal } from '@mandate/token';

/** What became of fetching the keys of somebody. */
export interface KeyRefreshResult {
  failure: UpstreamFailure | undefined;
  detail: string | undefined;
  refused: readonly KeySetRefusal[];
}

/** Counts and logs every fetch of keys. Whose they are is configured, so the name may be logged. */
export function reportKeyRefreshes(
  kind: 'issuer' | 'client',
  { logger, metrics }: Pick<Runtime, 'logger' | 'metrics'>,
): (name: string, result: KeyRefreshResult) => void {
  const refreshes = metrics.counter({
    name: `${kind}_key_refreshes_total`,
    help: `Fetches of the keys of ${kind}s, by outcome`,
    labels: { outcome: ['success', 'failure'] },
  });
  const refusals = metrics.counter({
    name: `${kind}_keys_refused_total`,
    help: 'Published keys that are not used because they are weak or malformed, by reason',
    labels: { reason: KEY_SET_REFUSALS },
  });
  return (name, { failure, detail, refused }) => {
    refreshes.increment({ outcome: failure === undefined ? 'success' : 'failure' });
    if (failure !== undefined) logger.warn(`${kind} keys not fetched`, { [kind]: name, failure, detail });
    for (const reason of refused) {
      refusals.increment({ reason });
      logger.warn(`${kind} key refused`, { [kind]: name, reason });
    }
  };
}
