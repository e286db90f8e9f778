import { createServer } from 'node:net';

/** As `packages/testing/src/free-ports.ts` has them: this run's, out of what runs of all working copies share. */
const FIRST_PORT = 10_000;
const RANGE = 2_000;
const RANGES = 10;

/**
 * Takes a range of ports for this run of Jest, by listening on its first one for as long as the run lasts: another run on
 * this machine, of whatever working copy, takes another. Workers are started later and have it from the environment.
 */
export default async function claimPorts() {
  const firstPorts = Array.from({ length: RANGES }, (_, index) => FIRST_PORT + index * RANGE);
  process.env.TEST_FIRST_PORT = String(await claimOneOf(firstPorts));
}

/** Listens on the first of them that nobody listens on. @throws Error when there is none: ports would be shared. */
export async function claimOneOf(firstPorts) {
  for (const first of firstPorts) if (await listens(first)) return first;
  throw new Error(
    `All ranges of ports are taken. Wait for another run of the tests, or end what listens on ${firstPorts.join(', ')}.`,
  );
}

function listens(port) {
  const server = createServer().unref();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
}
