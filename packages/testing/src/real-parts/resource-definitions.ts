import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './find-program.js';
import type { RealPart } from './start-real-part.js';

/** A folder of a Go module that has custom resource definitions as YAML. */
interface Source {
  name: string;
  addressVariable: string;
  module: string;
  folder: string;
}

/** The definitions of the Prometheus operator, one file for each kind; the address is their folder. */
export const prometheusOperatorDefinitions = definitions({
  name: 'resource definitions of the Prometheus operator',
  addressVariable: 'PROMETHEUS_OPERATOR_CRDS',
  module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
  folder: 'example/prometheus-operator-crd',
});

/** The definitions of the Gateway API's standard channel, one file for each kind; the address is their folder. */
export const gatewayApiDefinitions = definitions({
  name: 'resource definitions of the Gateway API',
  addressVariable: 'GATEWAY_API_CRDS',
  module: 'sigs.k8s.io/gateway-api@v1.3.0',
  folder: 'config/crd/standard',
});

function definitions({ name, addressVariable, module, folder }: Source): RealPart {
  return {
    name,
    addressVariable,
    ways: [
      {
        name: 'Go modules',
        async start(env) {
          const go = await findProgram('go', env);
          if (go === undefined) return undefined;
          const { stdout } = await promisify(execFile)(go, ['mod', 'download', '-json', module], { env });
          const [, directory = ''] = /"Dir": "([^"]+)"/.exec(stdout) ?? [];
          return join(directory, folder);
        },
      },
    ],
    advice: `Set ${addressVariable} to a folder with them, or install Go.`,
  };
}
