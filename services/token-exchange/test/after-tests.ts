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

/** A server on a loopback port until after the last test of its file. */
export async function temporaryServer(listener: RequestListener): Promise<LoopbackServer> {
  return closeAfterTests(await startLoopbackServer(listener));
}
