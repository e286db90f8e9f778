import { MAX_TOKEN_LIFETIME_SECONDS } from '@mandate/composition';
import type { DelegationStore, RefreshTokenStore } from '@mandate/delegations';
import { CLOCK_MARGIN_SECONDS, type TraceContext } from '@mandate/ports';
import type { RevocationStore } from '@mandate/token';
import type { DelegationLog } from './delegation-log.js';

export interface EndDelegationOptions {
  delegations: DelegationStore;
  refreshTokens: RefreshTokenStore;
  revocations: RevocationStore;
  log: DelegationLog;
}

/** Ends a delegation and every token of it, derived ones too. @throws UpstreamError when that is not certain. */
export type EndDelegation = (id: string, reason: string, context: TraceContext) => Promise<void>;

/** What came of an ID token of the delegation as an assertion may live longer than that (docs/delegation.md section 9). */
const MARGIN_SECONDS = MAX_TOKEN_LIFETIME_SECONDS + CLOCK_MARGIN_SECONDS;

export function createEndDelegation(options: EndDelegationOptions): EndDelegation {
  const { delegations, refreshTokens, revocations, log } = options;
  return async (id, reason, context) => {
    const delegation = await delegations.find(id);
    if (delegation === undefined) return;
    const expiresAt = delegation.until + MARGIN_SECONDS;
    await revocations.revoke([{ kind: 'token', id, expiresAt }]);
    // before either store calls it over: who asks again after an event that failed gets here again
    if (delegation.ended === undefined) await log.end(delegation, reason, context);
    await refreshTokens.end(id);
    await delegations.end(id);
  };
}
