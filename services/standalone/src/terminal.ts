import type { Step } from './demonstration.js';

export interface TerminalOptions {
  /** A terminal gets colour, unless `NO_COLOR` is set; a pipe the same in plain text. */
  colour: boolean;
}

/** What a person is told after the start. */
export interface Welcome {
  version: string;
  url: string;
  managementPort: number;
  keysDirectory: string;
  steps: readonly Step[];
  /** The demonstration for a shell, when that was wished. */
  shell: readonly string[];
  /** What follows: the log for programs or drawn for people, or of it refusals and warnings alone. */
  log: 'json' | 'drawn' | 'warnings';
}

interface Styles {
  bold: (text: string) => string;
  dim: (text: string) => string;
}

const LOG_FROM_HERE: Record<Welcome['log'], string> = {
  json: 'From here on the log, one JSON line per event.',
  drawn: 'From here on the log.',
  warnings: 'Refusals and warnings follow; with LOG_LEVEL=info the log.',
};

/** Where it listens, what was shown, how to repeat it, and what comes then: 80 columns and 24 rows but for the shell lines. */
export function renderWelcome(welcome: Welcome, { colour }: TerminalOptions): string {
  const { bold, dim } = styles(colour);
  const { version, url, managementPort, keysDirectory, steps, shell, log } = welcome;
  const hint =
    steps.length > 1 && shell.length === 0 ? ['npm start -- --curl prints this as lines for a shell, too.'] : [];
  return [
    '',
    `${bold(`Mandate ${version} is ready`)} on ${url} (management ${managementPort})`,
    `Development set-up, keys in ${keysDirectory}/`,
    ...(steps.length > 0 ? [bold('Alice lets Bob act for her')] : []),
    ...steps.flatMap((step, index) => renderStep(step, index + 1, { bold, dim })),
    ...(shell.length > 0 ? ['', `${bold('Do it yourself')} ${dim('(paste into a shell, top to bottom)')}`] : []),
    ...shell.map((line) => `  ${line}`),
    '',
    ...[...hint, `Stop with Ctrl-C. ${LOG_FROM_HERE[log]}`].map(dim),
    '',
  ].join('\n');
}

function renderStep({ title, outcome }: Step, number: number, { dim }: Styles): string[] {
  const margin = ' '.repeat(17);
  return outcome.map((line, index) =>
    index === 0 ? `${dim(String(number).padStart(2))} ${title.padEnd(14)}${line}` : margin + line,
  );
}

function styles(colour: boolean): Styles {
  const style = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: style(1), dim: style(2) };
}
