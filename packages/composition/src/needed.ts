import { ConfigError } from '@mandate/ports';

/** A setting without which the other, as `use` names it, does nothing. @throws ConfigError where it is missing */
export function needed<Variable extends string>(
  config: Readonly<Partial<Record<Variable, string | undefined>>>,
  variable: Variable,
  use: string,
): string {
  const value = config[variable];
  if (value === undefined || value === '') throw new ConfigError([{ variable, message: `is needed for ${use}` }]);
  return value;
}
