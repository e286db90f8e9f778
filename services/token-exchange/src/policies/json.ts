import { type SigningSettings, noStandIn } from '@mandate/composition';
import { ConfigError, finish } from '@mandate/ports';
import { createJsonPolicy, loadPolicy } from '@mandate/policy';
import { choice, path, type Runtime, type Settings, usedWith, watchFile } from '@mandate/service-kit';
import type { ComposedPolicy, PolicyComposition } from './composed-policy.js';
import { IMS_SAMPLE_POLICY } from './ims-sample-policy.js';
import { whereListed } from './where-listed.js';

/** The variables of the `json` backend. */
export const jsonPolicyConfig = usedWith(whereListed('json'), {
  EXCHANGE_POLICY_JSON_CONFIG_PATH: path()
    .optional()
    .describe('Policy file of the `json` backend; reloaded when it changes'),
});

/** How the policies of the `json` and `opa` backends are read. */
export const policySyntaxConfig = {
  EXCHANGE_POLICY_SYNTAX: choice(['strict', 'ims'])
    .default('strict')
    .describe('`ims`: members that a rule or a grant of OPA does not have are passed over, an expiration of 0 is none'),
};

export type JsonPolicySettings = Settings<
  typeof jsonPolicyConfig & typeof policySyntaxConfig,
  'RELOAD_INTERVAL_SECONDS' | 'COMPATIBILITY'
> &
  Pick<SigningSettings, 'NODE_ENV'>;

/** @throws ConfigError when the file is not named, or cannot be used. */
export function composeJsonPolicy(
  config: JsonPolicySettings,
  runtime: Runtime,
  { nameOf }: Pick<PolicyComposition, 'nameOf'>,
): ComposedPolicy {
  const variable = nameOf('EXCHANGE_POLICY_JSON_CONFIG_PATH');
  const file = config.EXCHANGE_POLICY_JSON_CONFIG_PATH;
  if (file === undefined) return samplePolicy(config, runtime);
  const onIgnored = (places: readonly string[]): void =>
    runtime.logger.warn('policy members passed over', { variable, problem: places.join(', ') });
  const options = config.EXCHANGE_POLICY_SYNTAX === 'ims' ? { onIgnored } : {};
  const parseInSteps = (text: string): ReturnType<typeof loadPolicy> => loadPolicy(text, options);
  const intervalSeconds = config.RELOAD_INTERVAL_SECONDS;
  const watched = watchFile(runtime, { path: file, variable, parseInSteps, intervalSeconds });
  return { backend: createJsonPolicy(watched), parts: [watched.part], close: () => watched.close() };
}

/** The policy that the 2018 services bundled stands in where no file is named, for trying them out (IMS). */
function samplePolicy(config: JsonPolicySettings, { logger }: Runtime): ComposedPolicy {
  const variable = 'EXCHANGE_POLICY_JSON_CONFIG_PATH';
  if (config.COMPATIBILITY !== 'ims' || config.NODE_ENV === 'production') {
    const message = `is needed for TOKEN_EXCHANGE_POLICIES=json${noStandIn(config)}`;
    throw new ConfigError([{ variable, message }]);
  }
  logger.warn('the sample policy of the 2018 services is in force: name a policy file', { variable });
  const rules = finish(loadPolicy(JSON.stringify(IMS_SAMPLE_POLICY)));
  return { backend: createJsonPolicy({ current: () => rules }), parts: [] };
}
