/** What the command line asks for instead of serving, and the exit code after it is said. */
export interface CommandLineAnswer {
  text: string;
  exitCode: number;
}

/** EX_USAGE of sysexits.h. */
const EX_USAGE = 64;

/** The answer to `--version`, `--help` and what is neither; `undefined`: serve. `options` are others that the program has. */
export function answerCommandLine(
  args: readonly string[],
  program: { name: string; version: string; options?: Readonly<Record<string, string>> | undefined },
): CommandLineAnswer | undefined {
  const { name, version, options = {} } = program;
  if (args.includes('--version')) return { text: `${name} ${version}`, exitCode: 0 };
  const all = { ...options, '--version': 'say the version', '--help': 'say this' };
  const lines = Object.entries(all).map(([option, what]) => `  ${option.padEnd(11)}${what}`);
  const usage = [`usage: ${name} [option]`, ...lines, 'Configured by environment variables: docs/configuration.md'];
  if (args.includes('--help')) return { text: usage.join('\n'), exitCode: 0 };
  const unknown = args.find((arg) => !Object.hasOwn(all, arg));
  if (unknown === undefined) return undefined;
  // What is not known may be a secret in the wrong place.
  return { text: ['an argument is not known', ...usage].join('\n'), exitCode: EX_USAGE };
}
