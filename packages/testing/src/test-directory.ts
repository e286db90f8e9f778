import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

const directories: string[] = [];
// When this file is read: once tests run, no hook can be added.
afterAll(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** The path of a new directory, which is removed after the last test of the file. For suites, hooks and tests alike. */
export function testDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mandate-test-'));
  directories.push(directory);
  return directory;
}
