import { runMain } from '@mandate/service-kit';
import { compose } from './compose.js';
import { tokenExchangeConfig } from './config.js';

await runMain({
  name: 'token-exchange',
  schema: tokenExchangeConfig,
  env: process.env,
  args: process.argv.slice(2),
  compose: async (config, runtime) => [await compose(config, runtime)],
});
