import { findProgram } from './find-program.js';
import type { Environment, RealPart } from './start-real-part.js';

/** A program on PATH; the address is its path. */
export function programPart(
  name: string,
  { advice, addressVariable = `TEST_${name.toUpperCase()}` }: { advice: string; addressVariable?: string },
): RealPart {
  const ways = [{ name: `${name} on PATH`, start: (env: Environment) => findProgram(name, env) }];
  return { name, addressVariable, ways, advice };
}

export const kubectlProgram = programPart('kubectl', {
  addressVariable: 'KUBECTL',
  advice: 'Install kubectl or set KUBECTL to its path.',
});

/** It judges and tries alerting rules. */
export const promtoolProgram = programPart('promtool', {
  addressVariable: 'PROMTOOL',
  advice: 'Install Prometheus (apt-get install prometheus) or set PROMTOOL to the path of promtool.',
});

/** It makes the certificates of tests over TLS. */
export const opensslProgram = programPart('openssl', { advice: 'Install it: apt-get install openssl.' });

/** It takes file descriptors from a process that runs (prlimit(1)). */
export const prlimitProgram = programPart('prlimit', { advice: 'Install it: apt-get install util-linux.' });

/** The shells into which people paste lines. */
export const bashProgram = programPart('bash', { advice: 'Install bash.' });
export const zshProgram = programPart('zsh', { advice: 'Install zsh.' });

/** It gives what it runs a terminal (script(1)). */
export const scriptProgram = programPart('script', { advice: 'Install it: apt-get install bsdutils.' });
