import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** The path of a new directory for the tests of this file or suite; it is removed after the last of them. */
export function testDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mandate-test-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
