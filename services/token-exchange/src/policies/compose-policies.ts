import type { Runtime } from '@mandate/service-kit';
import type { ComposedPolicy } from './composed-policy.js';
import { composeJsonPolicy, jsonPolicyConfig, type JsonPolicySettings } from './json.js';
import { composeOpaPolicy, opaPolicyConfig, type OpaPolicySettings } from './opa.js';

/** The names in `TOKEN_EXCHANGE_POLICIES`: a backend is one here, one file, and one line in each table below. */
export const POLICY_NAMES = ['json', 'opa'] as const;

/** The variables of every backend. */
export const policiesConfig = { ...jsonPolicyConfig, ...opaPolicyConfig };

export type PolicySettings = JsonPolicySettings & OpaPolicySettings;

const COMPOSE: Record<
  (typeof POLICY_NAMES)[number],
  (config: PolicySettings, runtime: Runtime) => ComposedPolicy | Promise<ComposedPolicy>
> = { json: composeJsonPolicy, opa: composeOpaPolicy };

/** The backends named, in order. @throws ConfigError when one lacks its settings. */
export async function composePolicies(
  names: readonly (typeof POLICY_NAMES)[number][],
  config: PolicySettings,
  runtime: Runtime,
): Promise<ComposedPolicy[]> {
  return Promise.all(names.map(async (name) => COMPOSE[name](config, runtime)));
}
