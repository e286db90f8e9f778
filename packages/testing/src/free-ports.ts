import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what the system gives to outgoing connections and to listeners that leave the choice to it (32768 on Linux), and
 * below the NodePorts of Kubernetes: what was free a moment ago still is when it is used.
 */
const FIRST_PORT = 10_000;
const RANGE = 2_000;
const RANGES = 10;
/** Of the range of a run of Jest, so many are for each of its workers. */
const SHARE = 250;

/** One for the process, so that two who ask at once are not given the same port. */
const candidates = portsOfThisProcess();

/** A port of the loopback interface that nobody listens on and nobody else here is given. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < SHARE; attempt += 1) {
    const { value: port } = candidates.next();
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

/** So many different ports, each as {@link freePort} gives it. */
export function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

/** Round and round from anywhere in the share of this worker, of the range that its run of Jest has for itself. */
function* portsOfThisProcess(): Generator<number, never> {
  /* eslint-disable no-restricted-properties -- where a worker is told its range (test/runner/claim-ports.js) and its number */
  const range = Number(process.env['TEST_FIRST_PORT'] ?? FIRST_PORT + (process.pid % RANGES) * RANGE);
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 0);
  /* eslint-enable no-restricted-properties */
  // The first one is the claim to the range.
  const first = range + 1 + (worker % (RANGE / SHARE)) * SHARE;
  const count = SHARE - 1;
  for (let turn = Math.floor(Math.random() * count); ; turn += 1) yield first + (turn % count);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
