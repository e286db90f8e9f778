import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Node {
  /** Path of its program. */
  node: string;
  /** Its major version. */
  nodeName: string;
}

/** Node 24 as npm has it, on which the images run, and the machine's own; or the one that `--node=` names. */
export function chosenNodes(): Node[] {
  const program = join(import.meta.dirname, `node_modules/node-linux-${process.arch}/bin/node`);
  const wantedName = process.argv.find((word) => word.startsWith('--node='))?.slice('--node='.length);
  return [program, process.execPath]
    .map((node) => {
      const version = execFileSync(node, ['--version']).toString().trim();
      return { node, nodeName: version.slice(1).split('.', 1)[0] ?? version };
    })
    .filter(({ nodeName }) => wantedName === undefined || nodeName === wantedName);
}
