import type { Delegation, SpendOutcome } from './delegation-store.js';

/** What a spend would come to now; it spends nothing. */
export function usesLeft(delegation: Delegation | undefined): SpendOutcome {
  if (delegation === undefined) return 'unknown';
  if (delegation.ended !== undefined) return 'ended';
  return delegation.uses !== undefined && delegation.used >= delegation.uses ? 'used_up' : 'spent';
}
