import { ConfigError } from '@mandate/ports';
import { type CommonConfig, type Runtime, parseCertificates, watchFile } from '@mandate/service-kit';
import type { ComposedPart } from '../part.js';

export interface AuthoritiesOptions {
  variable: string;
  /** The file that the variable names. */
  file: string | undefined;
  /** What the configuration lacks for TLS: whoever names certificates must not get a connection without it. */
  needs: string | undefined;
}

/** The certificates (PEM) that sign those of a store's servers. @throws ConfigError where they would have no effect */
export function composeAuthorities(
  { RELOAD_INTERVAL_SECONDS: intervalSeconds }: Pick<CommonConfig, 'RELOAD_INTERVAL_SECONDS'>,
  runtime: Runtime,
  { variable, file, needs }: AuthoritiesOptions,
): ComposedPart & { authorities: (() => string) | undefined } {
  if (file === undefined) return { authorities: undefined, parts: [] };
  if (needs !== undefined) throw new ConfigError([{ variable, message: `needs ${needs}` }]);
  const watch = watchFile(runtime, { path: file, variable, parse: parseCertificates, intervalSeconds });
  return { authorities: () => watch.current(), parts: [watch.part], close: () => watch.close() };
}

/** The connection of a store as a part: closing it closes the file of its certificates as well. */
export function connectedPart<Connection extends { close(): void }>(
  connection: Connection,
  certificates: ComposedPart,
): Required<ComposedPart> & { connection: Connection } {
  return {
    connection,
    parts: certificates.parts,
    close: () => {
      certificates.close?.();
      connection.close();
    },
  };
}
