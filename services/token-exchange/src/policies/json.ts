import { ConfigError } from '@mandate/ports';
import { createJsonPolicy, loadPolicy } from '@mandate/policy';
import { path, type Runtime, watchFile } from '@mandate/service-kit';
import type { ComposedPolicy, PolicyComposition } from './composed-policy.js';

/** The variables of the `json` backend. */
export const jsonPolicyConfig = {
  EXCHANGE_POLICY_JSON_CONFIG_PATH: path()
    .optional()
    .describe('Policy file of the `json` backend; reloaded when it changes'),
};

export interface JsonPolicySettings {
  EXCHANGE_POLICY_JSON_CONFIG_PATH?: string | undefined;
  RELOAD_INTERVAL_SECONDS: number;
}

/** @throws ConfigError when the file is not named, or cannot be used. */
export function composeJsonPolicy(
  config: JsonPolicySettings,
  runtime: Runtime,
  { nameOf }: Pick<PolicyComposition, 'nameOf'>,
): ComposedPolicy {
  const variable = nameOf('EXCHANGE_POLICY_JSON_CONFIG_PATH');
  const file = config.EXCHANGE_POLICY_JSON_CONFIG_PATH;
  if (file === undefined) {
    throw new ConfigError([{ variable, message: 'is needed for TOKEN_EXCHANGE_POLICIES=json' }]);
  }
  const intervalSeconds = config.RELOAD_INTERVAL_SECONDS;
  const watched = watchFile(runtime, { path: file, variable, parseInSteps: loadPolicy, intervalSeconds });
  return { backend: createJsonPolicy(watched), parts: [watched.part], close: () => watched.close() };
}
