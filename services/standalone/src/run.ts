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
  // Whoever tries something at a terminal wants to see why it was refused, which is no warning.
  logLevel: ({ LOG_LEVEL: level }) => (isTerminal && level === 'warn' ? 'info' : level),
  compose: (settings, runtime) => {
    config = settings;
    if (isVerbose(settings)) log?.holdBack([]);
    return compose(settings, runtime);
  },
});

const url = running.publicUrl;
/** Whom the demonstration asks answers here, and nobody else is disturbed. */
const asksPeople = config?.CIBA_CHANNEL === 'development' && config.CONSENT_URL === undefined;
const steps = config?.DEMONSTRATION === 'on' ? await demonstration() : [];
const welcome = {
  version: mandateVersion(),
  url,
  managementPort: Number(new URL(running.managementUrl).port),
  keysDirectory: config?.DEVELOPMENT_KEYS_DIRECTORY ?? '.data',
  steps,
  shell: argv.includes('--curl') ? shellLines(url, { asksPeople }) : [],
  log: !isTerminal ? 'json' : config?.LOG_LEVEL === 'warn' ? 'warnings' : 'drawn',
} as const;
output.write(renderWelcome(welcome, { colour }));
// Whoever the demonstration asked it has answered for itself; from here on the links are for whoever reads this.
if (config !== undefined && !isVerbose(config)) log?.holdBack(['audit events', 'routine']);

function isVerbose({ LOG_LEVEL: level }: StandaloneConfig): boolean {
  return ['trace', 'debug', 'info'].includes(level);
}

async function demonstration(): Promise<Step[]> {
  try {
    return await demonstrate(url, { asksPeople });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const outcome = [`this configuration does not fit it (${why}); DEMONSTRATION=off hides this line`];
    return [{ title: 'not shown', outcome }];
  }
}
