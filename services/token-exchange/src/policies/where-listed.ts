import type { UsedWith } from '@mandate/service-kit';

/** When the variables of a policy backend do something: it decides, or it is compared. */
export function whereListed(backend: string): UsedWith {
  return { TOKEN_EXCHANGE_POLICIES: backend, TOKEN_EXCHANGE_POLICIES_SHADOW: backend };
}
