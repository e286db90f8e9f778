import { readFileSync } from 'node:fs';
import { z } from 'zod';

const manifest = z.looseObject({ version: z.string() });

/** The version of Mandate: all workspaces have the same. */
export function mandateVersion(): string {
  const path = new URL('../../package.json', import.meta.url);
  return manifest.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}
