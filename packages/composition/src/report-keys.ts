import type { UpstreamFailure } from '@mandate/ports';
import type { Runtime } from '@mandate/service-kit';
import { KEY_SET_REFUSALS, type RefusedKey } from '@mandate/token';

/** What came of fetching somebody's keys. */
export interface KeyRefreshResult {
  failure: UpstreamFailure | undefined;
  detail: string | undefined;
  refused: readonly RefusedKey[];
}

export interface KeyReports {
  /** After every fetch. */
  fetched: (name: string, result: KeyRefreshResult) => void;
  /** Of keys that were not fetched. */
  refused: (name: string, keys: readonly RefusedKey[]) => void;
}

/** Counts and logs fetches of keys, and keys that are not used. Whose they are is configured, so the name may be logged. */
export function reportKeys(
  kind: 'issuer' | 'client',
  { logger, metrics }: Pick<Runtime, 'logger' | 'metrics'>,
): KeyReports {
  const refreshes = metrics.counter({
    name: `${kind}_key_refreshes_total`,
    help: `Fetches of the keys of ${kind}s, by outcome`,
    labels: { outcome: ['success', 'failure'] },
  });
  const refusals = metrics.counter({
    name: `${kind}_keys_refused_total`,
    help: 'Keys that are not used because they are weak or malformed, by reason',
    labels: { reason: KEY_SET_REFUSALS },
  });
  const refused: KeyReports['refused'] = (name, keys) => {
    for (const { kid, reason } of keys) {
      refusals.increment({ reason });
      logger.warn(`${kind} key refused`, { [kind]: name, kid, reason });
    }
  };
  return {
    refused,
    fetched(name, { failure, detail, refused: keys }) {
      refreshes.increment({ outcome: failure === undefined ? 'success' : 'failure' });
      if (failure !== undefined) logger.warn(`${kind} keys not fetched`, { [kind]: name, failure, detail });
      refused(name, keys);
    },
  };
}
