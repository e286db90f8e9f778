import { findProgram } from './find-program.js';
import type { RealPart, RealPartWay } from './start-real-part.js';

const onPath = (name: string): RealPartWay => ({
  name: `${name} on PATH`,
  start: (env) => findProgram(name, env),
});

/** kubectl; the address is the path of the program. */
export const kubectlProgram: RealPart = {
  name: 'kubectl',
  addressVariable: 'KUBECTL',
  ways: [onPath('kubectl')],
  advice: 'Install kubectl or set KUBECTL to its path.',
};

/** promtool, which judges and tries alerting rules; the address is the path of the program. */
export const promtoolProgram: RealPart = {
  name: 'promtool',
  addressVariable: 'PROMTOOL',
  ways: [onPath('promtool')],
  advice: 'Install Prometheus (apt-get install prometheus) or set PROMTOOL to the path of promtool.',
};

/** openssl, which makes the certificates of tests over TLS; the address is the path of the program. */
export const opensslProgram: RealPart = {
  name: 'openssl',
  addressVariable: 'TEST_OPENSSL',
  ways: [onPath('openssl')],
  advice: 'Install it: apt-get install openssl.',
};

/** prlimit(1), which takes file descriptors from a process that runs; the address is the path of the program. */
export const prlimitProgram: RealPart = {
  name: 'prlimit',
  addressVariable: 'TEST_PRLIMIT',
  ways: [onPath('prlimit')],
  advice: 'Install it: apt-get install util-linux.',
};

const shell = (name: string): RealPart => ({
  name,
  addressVariable: `TEST_${name.toUpperCase()}`,
  ways: [onPath(name)],
  advice: `Install ${name}.`,
});

/** The shells into which people paste lines; the address is the path of the program. */
export const bashProgram: RealPart = shell('bash');
export const zshProgram: RealPart = shell('zsh');

/** script(1), which gives what it runs a terminal; the address is the path of the program. */
export const scriptProgram: RealPart = {
  name: 'script',
  addressVariable: 'TEST_SCRIPT',
  ways: [onPath('script')],
  advice: 'Install it: apt-get install bsdutils.',
};
