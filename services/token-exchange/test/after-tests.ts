import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestListener } from 'node:http';
import { afterAll } from '@jest/globals';
import { type LoopbackServer, startLoopbackServer } from '@mandate/testing';

const closings: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closings.reverse()) await close();
});

/** Closes or stops what a test file started, after its last test; the last first. Returns it. */
export function closeAfterTests<T extends { close(): unknown } | { stop(): unknown }>(resource: T): T {
  closings.push(() => ('close' in resource ? resource.close() : resource.stop()));
  return resource;
}

/** An empty folder until after the last test of its file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mandate-exchange-'));
  closings.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server on a loopback port until after the last test of its file. */
export async function temporaryServer(listener: RequestListener): Promise<LoopbackServer> {
  return closeAfterTests(await startLoopbackServer(listener));
}
