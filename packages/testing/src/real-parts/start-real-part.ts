import { appendFileSync } from 'node:fs';

/** The environment as the caller read it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A part that runs: where it is, and how to end it. `stop` ends only what was started here. */
export interface StartedPart {
  address: string;
  stop(): Promise<void>;
}

/**
 * One way to have a part: what was started, or the address of what is there already. `undefined` means that this machine does
 * not offer the way; a rejection, that it was tried and failed.
 */
export interface RealPartWay {
  name: string;
  start(env: Environment): Promise<StartedPart | string | undefined>;
}

/** A server or program that some tests need for real, and the ways to have it, best first. */
export interface RealPart {
  name: string;
  /** The environment variable that gives its address and then wins over every other way. */
  addressVariable: string;
  ways: readonly RealPartWay[];
  /** What a person does to have it, one sentence. */
  advice: string;
}

/** A started part and the way it was had. */
export interface RunningPart extends StartedPart {
  how: string;
}

/**
 * Starts a part: the address from the environment, else each way in order; a part that has the way that TEST_PARTS_BY names
 * (`Testcontainers`) is had by no other. A part that cannot be had is `undefined`, so that its tests are skipped, and the
 * reason is reported: to the file that SKIPPED_PARTS_FILE names, for the summary after all tests, or printed. With
 * `CI=true` it is an error, since there nothing may be missing.
 */
export async function startRealPart(
  part: RealPart,
  env: Environment,
  report: (reason: string) => void = reporterOf(env),
): Promise<RunningPart | undefined> {
  const address = env[part.addressVariable];
  if (address !== undefined && address !== '') {
    return { ...thereAlready(address), how: `address from ${part.addressVariable}` };
  }
  const failures: string[] = [];
  const only = part.ways.filter(({ name }) => name === env['TEST_PARTS_BY']);
  for (const way of only.length > 0 ? only : part.ways) {
    try {
      const place = await way.start(env);
      if (typeof place === 'string') return { ...thereAlready(place), how: way.name };
      if (place !== undefined) return { ...place, how: way.name };
      failures.push(`${way.name}: not here`);
    } catch (error) {
      failures.push(`${way.name}: ${error instanceof Error ? error.message : 'failed'}`);
    }
  }
  const reason = `${part.name} is missing (${failures.join('; ')}). ${part.advice}`;
  if (env['CI'] === 'true') throw new Error(reason);
  report(reason);
  return undefined;
}

function thereAlready(address: string): StartedPart {
  return { address, stop: () => Promise.resolve() };
}

function reporterOf({ SKIPPED_PARTS_FILE: file }: Environment): (reason: string) => void {
  if (file !== undefined) return (reason) => appendFileSync(file, `${reason}\n`);
  return (reason) => void process.stderr.write(`skipped: ${reason}\n`);
}
