import { runMain } from '@mandate/service-kit';
import { compose } from './compose.js';
import { authenticationConfig } from './config.js';

await runMain({
  name: 'authentication',
  schema: authenticationConfig,
  env: process.env,
  args: process.argv.slice(2),
  compose: async (config, runtime) => [await compose(config, runtime)],
});
