import { runMain } from '@mandate/service-kit';
import { compose } from './compose.js';
import { tokenValidationConfig } from './config.js';

await runMain({
  name: 'token-validation',
  schema: tokenValidationConfig,
  env: process.env,
  args: process.argv.slice(2),
  compose: async (config, runtime) => [await compose(config, runtime)],
});
