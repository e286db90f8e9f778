import { findProgram } from './find-program.js';
import type { RealPart, RealPartWay } from './start-real-part.js';

const kubectlOnPath: RealPartWay = {
  name: 'kubectl on PATH',
  async start(env) {
    const program = await findProgram('kubectl', env);
    return program === undefined ? undefined : { address: program, stop: () => Promise.resolve() };
  },
};

/** kubectl; the address is the path of the program. */
export const kubectlProgram: RealPart = {
  name: 'kubectl',
  addressVariable: 'KUBECTL',
  ways: [kubectlOnPath],
  advice: 'Install kubectl or set KUBECTL to its path.',
};
