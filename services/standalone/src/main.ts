import { createStandardOutput, runMain } from '@mandate/service-kit';
import { compose } from './compose.js';
import { standaloneConfig, type StandaloneConfig } from './config.js';
import { demonstrate, type Step } from './demonstration.js';
import { createHeldLog } from './held-log.js';
import { shellLines } from './shell-lines.js';
import { renderWelcome } from './terminal.js';

const output = createStandardOutput();
const log = createHeldLog(output);
let config: StandaloneConfig | undefined;
const running = await runMain({
  name: 'standalone',
  schema: standaloneConfig,
  env: process.env,
  logDestination: log,
  compose: (read, runtime) => {
    config = read;
    return compose(read, runtime);
  },
});

const url = running.publicUrl;
const steps = config?.DEMONSTRATION === 'on' ? await demonstration() : [];
log.release();
output.write(
  renderWelcome(
    {
      url,
      steps,
      shell: steps.length > 1 ? shellLines(url) : [],
      managementPort: Number(new URL(running.managementUrl).port),
      keysDirectory: config?.DEVELOPMENT_KEYS_DIRECTORY ?? '.data',
    },
    { colour: process.stdout.isTTY },
  ),
);

async function demonstration(): Promise<Step[]> {
  try {
    return await demonstrate({ url, logLines: log.lines });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const outcome = [`this configuration does not fit it (${why}); DEMONSTRATION=off hides this line`];
    return [{ title: 'not shown', outcome }];
  }
}
