import type { Step } from './demonstration.js';

export interface TerminalOptions {
  /** A terminal gets colour; a pipe the same in plain text. */
  colour: boolean;
}

interface Styles {
  bold: (text: string) => string;
  dim: (text: string) => string;
}

/** What a person reads after the start: where it listens, what was shown, and how to repeat it. */
export function renderWelcome(
  facts: {
    url: string;
    managementPort: number;
    keysDirectory: string;
    steps: readonly Step[];
    shell: readonly string[];
  },
  { colour }: TerminalOptions,
): string {
  const { bold, dim } = styles(colour);
  return [
    '',
    `${bold('Mandate is ready')} on ${facts.url} (management ${facts.managementPort}), development set-up, keys in ${facts.keysDirectory}/`,
    ...(facts.steps.length > 0 ? ['', bold('Alice lets Bob act for her')] : []),
    ...facts.steps.flatMap((step, index) => renderStep(step, index + 1, { bold, dim })),
    ...(facts.shell.length > 0 ? ['', `${bold('Do it yourself')} ${dim('(paste into a shell, top to bottom)')}`] : []),
    ...facts.shell.map((line) => `  ${line}`),
    '',
    dim('Stop with Ctrl-C. From here on the log, one JSON line per event.'),
    '',
  ].join('\n');
}

function renderStep({ title, outcome }: Step, number: number, { dim }: Styles): string[] {
  const margin = ' '.repeat(20);
  return outcome.map((line, index) =>
    index === 0 ? `  ${dim(String(number))} ${title.padEnd(16)}${line}` : margin + line,
  );
}

function styles(colour: boolean): Styles {
  const style = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: style(1), dim: style(2) };
}
