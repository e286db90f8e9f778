import type { Runtime } from '@mandate/service-kit';
import type { ComposedPolicy } from './composed-policy.js';
import { composeJsonPolicy, jsonPolicyConfig, type JsonPolicySettings } from './json.js';

/** The names in `TOKEN_EXCHANGE_POLICIES`: a backend is one here, one file, and one line in each table below. */
export const POLICY_NAMES = ['json'] as const;

/** The variables of every backend. */
export const policiesConfig = { ...jsonPolicyConfig };

export type PolicySettings = JsonPolicySettings;

const COMPOSE: Record<
  (typeof POLICY_NAMES)[number],
  (config: PolicySettings, runtime: Runtime) => ComposedPolicy | Promise<ComposedPolicy>
> = { json: composeJsonPolicy };

/** The backends named, in order. @throws ConfigError when one lacks its settings. */
export async function composePolicies(
  names: readonly (typeof POLICY_NAMES)[number][],
  config: PolicySettings,
  runtime: Runtime,
): Promise<ComposedPolicy[]> {
  return Promise.all(names.map(async (name) => COMPOSE[name](config, runtime)));
}
