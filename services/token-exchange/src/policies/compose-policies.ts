import type { Runtime } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import type { ComposedPolicy } from './composed-policy.js';
import { composeJsonPolicy, jsonPolicyConfig, type JsonPolicySettings, policySyntaxConfig } from './json.js';
import { composeJwtPolicy, jwtPolicyConfig, type JwtPolicySettings } from './jwt.js';
import { composeOpenamPolicy, openamPolicyConfig, type OpenamPolicySettings } from './openam.js';
import { composeOpaPolicy, opaPolicyConfig, type OpaPolicySettings } from './opa.js';

/** The names in `TOKEN_EXCHANGE_POLICIES`: a backend is one here, one file, and one line in each table below. */
export const POLICY_NAMES = ['json', 'jwt', 'opa', 'openam'] as const;

/** The variables of every backend. */
export const policiesConfig = {
  ...policySyntaxConfig,
  ...jsonPolicyConfig,
  ...jwtPolicyConfig,
  ...opaPolicyConfig,
  ...openamPolicyConfig,
};

export type PolicySettings = JsonPolicySettings & JwtPolicySettings & OpaPolicySettings & OpenamPolicySettings;

const COMPOSE: Record<
  (typeof POLICY_NAMES)[number],
  (config: PolicySettings, runtime: Runtime, signer: TokenSigner) => ComposedPolicy | Promise<ComposedPolicy>
> = { json: composeJsonPolicy, jwt: composeJwtPolicy, opa: composeOpaPolicy, openam: composeOpenamPolicy };

/** The backends named, in order; `signer` is ours. @throws ConfigError when one lacks its settings. */
export async function composePolicies(
  names: readonly (typeof POLICY_NAMES)[number][],
  config: PolicySettings,
  { runtime, signer }: { runtime: Runtime; signer: TokenSigner },
): Promise<ComposedPolicy[]> {
  return Promise.all(names.map(async (name) => COMPOSE[name](config, runtime, signer)));
}
