import type { Runtime } from '@mandate/service-kit';
import type { ComposedPolicy, PolicyComposition } from './composed-policy.js';
import { composeJsonPolicy, jsonPolicyConfig, type JsonPolicySettings, policySyntaxConfig } from './json.js';
import { composeJwtPolicy, jwtPolicyConfig, type JwtPolicySettings } from './jwt.js';
import { composeOpenamPolicy, openamPolicyConfig, type OpenamPolicySettings } from './openam.js';
import { composeOpaPolicy, opaPolicyConfig, type OpaPolicySettings } from './opa.js';

/** The names in `TOKEN_EXCHANGE_POLICIES`: a backend is one here, one file, and one line in each table below. */
export const POLICY_NAMES = ['json', 'jwt', 'opa', 'openam'] as const;

type PolicyName = (typeof POLICY_NAMES)[number];

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
  PolicyName,
  (config: PolicySettings, runtime: Runtime, composition: PolicyComposition) => ComposedPolicy | Promise<ComposedPolicy>
> = { json: composeJsonPolicy, jwt: composeJwtPolicy, opa: composeOpaPolicy, openam: composeOpenamPolicy };

/** The backends named, in order. @throws ConfigError when one lacks its settings. */
export async function composePolicies(
  names: readonly PolicyName[],
  config: PolicySettings,
  {
    runtime,
    signer,
    nameOf = (setting) => setting,
  }: Partial<PolicyComposition> & Pick<PolicyComposition, 'signer'> & { runtime: Runtime },
): Promise<ComposedPolicy[]> {
  return Promise.all(names.map(async (name) => COMPOSE[name](config, runtime, { signer, nameOf })));
}
