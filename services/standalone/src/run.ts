import { createStandardOutput, mandateVersion, runMain } from '@mandate/service-kit';
import { compose } from './compose.js';
import { standaloneConfig, type StandaloneConfig, terminalConfig } from './config.js';
import { demonstrate, type Step } from './demonstration.js';
import { shellLines } from './shell-lines.js';
import { createTerminalLog } from './terminal-log.js';
import { renderWelcome } from './terminal.js';

const { argv, env, stdout } = process;
const isTerminal = stdout.isTTY;
const colour = isTerminal && (env['NO_COLOR'] ?? '') === '';
const output = createStandardOutput();
const log = isTerminal ? createTerminalLog(output, { colour }) : undefined;
let config: StandaloneConfig | undefined;

const running = await runMain({
  name: 'standalone',
  schema: isTerminal ? terminalConfig : standaloneConfig,
  env,
  args: argv.slice(2),
  options: { '--curl': 'serve, and print the demonstration as lines for a shell, too' },
  logDestination: log ?? output,
  compose: (read, runtime) => {
    config = read;
    log?.showAuditEvents(['trace', 'debug', 'info'].includes(read.LOG_LEVEL));
    return compose(read, runtime);
  },
});

const url = running.publicUrl;
const steps = config?.DEMONSTRATION === 'on' ? await demonstration() : [];
const welcome = {
  version: mandateVersion(),
  url,
  managementPort: Number(new URL(running.managementUrl).port),
  keysDirectory: config?.DEVELOPMENT_KEYS_DIRECTORY ?? '.data',
  steps,
  shell: argv.includes('--curl') ? shellLines(url) : [],
  log: !isTerminal ? 'json' : config?.LOG_LEVEL === 'warn' ? 'warnings' : 'drawn',
} as const;
output.write(renderWelcome(welcome, { colour }));

async function demonstration(): Promise<Step[]> {
  try {
    return await demonstrate(url);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const outcome = [`this configuration does not fit it (${why}); DEMONSTRATION=off hides this line`];
    return [{ title: 'not shown', outcome }];
  }
}
