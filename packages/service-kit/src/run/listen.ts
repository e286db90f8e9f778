import { once } from 'node:events';
import type { Server } from 'node:http';
import { ConfigError } from '@mandate/ports';
import { nodeErrorCode } from '../files/node-error-code.js';

/** Where a server listens, and the variable that gives its port. `HOST` gives the address. */
export interface ListenOptions {
  host: string;
  port: number;
  portVariable: 'PORT' | 'MANAGEMENT_PORT';
}

/** Resolves once the server listens. @throws ConfigError naming the variable to change when this address cannot be had */
export async function listen(server: Server, options: ListenOptions): Promise<void> {
  server.listen({ host: options.host, port: options.port });
  await once(server, 'listening').catch((error: unknown) => {
    throw refusal(nodeErrorCode(error), options) ?? error;
  });
}

function refusal(code: string | undefined, { host, port, portVariable }: ListenOptions): ConfigError | undefined {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return problem(portVariable, `${address} is in use: set ${portVariable}, or stop what listens there`);
    case 'EACCES':
      return problem(portVariable, `${address} may not be used by this account: set ${portVariable} to 1024 or more`);
    case 'EADDRNOTAVAIL':
      return problem(
        'HOST',
        `${host} is no address of this machine: set HOST to one of its own, or to 0.0.0.0 for all`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return problem(
        'HOST',
        `${host} has no address: set HOST to an address of this machine, or to a name that has one`,
      );
    case undefined:
    default:
      return undefined;
  }
}

function problem(variable: string, message: string): ConfigError {
  return new ConfigError([{ variable, message }]);
}
