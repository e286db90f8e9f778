import { ConfigError, type ConfigIssue } from '@mandate/ports';

type Steps<Parts extends readonly unknown[]> = { [Index in keyof Parts]: () => Parts[Index] | Promise<Parts[Index]> };

/**
 * Runs every step of a composition, so that one start names all that is wrong and not just the first.
 * @throws ConfigError with the issues of every step that threw one.
 *
 * @example
 * const [keys, clients] = await composeAll([
 *   () => composeSigningKeys(config, runtime),
 *   () => composeClients(config, runtime),
 * ]);
 */
export async function composeAll<const Parts extends readonly unknown[]>(steps: Steps<Parts>): Promise<Parts> {
  const issues: ConfigIssue[] = [];
  const parts: unknown[] = [];
  for (const step of steps as readonly (() => unknown)[]) {
    try {
      parts.push(await step());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      issues.push(...error.issues);
    }
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return parts as unknown as Parts;
}
