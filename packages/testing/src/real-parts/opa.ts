import { homedir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-ports.js';
import { inContainer } from './container.js';
import { findProgram } from './find-program.js';
import { type LocalServer, startLocalServer } from './local-server.js';
import type { Environment, RealPart, RealPartWay } from './start-real-part.js';

/** An OPA process of this test: it can be hung and killed. `origin` is where it listens on loopback. */
export interface OpaProcess extends LocalServer {
  origin: string;
  port: number;
}

export interface OpaProcessOptions {
  /** Arguments after `opa run --server`: files, `--v0-compatible`, `--authentication=token`. */
  args?: readonly string[];
  /** The port of before, for a restart. */
  port?: number;
  /** Instead of a loopback port: `unix:///run/opa.sock`. */
  address?: string;
  /** Asked at the diagnostic address; default `/health?bundles`: ready with its bundles. */
  readyPath?: string;
}

/** Starts OPA. It is ready when its diagnostic address, plain HTTP, says that it is healthy. */
export async function startOpaProcess(program: string, options: OpaProcessOptions = {}): Promise<OpaProcess> {
  const port = options.port ?? (await freePort());
  const diagnostics = `127.0.0.1:${await freePort()}`;
  const address = options.address ?? `127.0.0.1:${port}`;
  const own = ['run', '--server', '--disable-telemetry', '--log-level=error', '--shutdown-grace-period=1'];
  const addresses = [`--addr=${address}`, `--diagnostic-addr=http://${diagnostics}`];
  const ready = `http://${diagnostics}${options.readyPath ?? '/health?bundles'}`;
  const isReady = async (): Promise<boolean> => (await fetch(ready)).ok;
  const server = await startLocalServer({ program, args: [...own, ...addresses, ...(options.args ?? [])], isReady });
  return { ...server, origin: `http://127.0.0.1:${port}`, port };
}

/** Puts a Rego module into a running OPA by its policy API, in place of what had this name. */
export async function putOpaModule(origin: string, name: string, rego: string): Promise<void> {
  await put(`${origin}/v1/policies/${name}`, 'text/plain', rego);
}

/** Puts a document into a running OPA by its data API: `putOpaDocument(origin, 'mandate/policy', {...})`. */
export async function putOpaDocument(origin: string, path: string, document: object): Promise<void> {
  await put(`${origin}/v1/data/${path}`, 'application/json', JSON.stringify(document));
}

async function put(url: string, type: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', headers: { 'Content-Type': type }, body });
  if (!answer.ok) throw new Error(`OPA answers ${answer.status}: ${await answer.text()}`);
}

/** `opa`: named by `OPA_BIN`, on PATH, or where `go install` puts it. */
async function findOpa(env: Environment): Promise<string | undefined> {
  const path = env['OPA_BIN'];
  if (path !== undefined && path !== '') return path;
  const goBin = join(env['GOPATH'] ?? join(homedir(), 'go'), 'bin');
  return (await findProgram('opa', env)) ?? findProgram('opa', { PATH: goBin });
}

const advice = 'Set OPA_BIN, or: go install github.com/open-policy-agent/opa@v1.10.1.';

const localProgram: RealPartWay = {
  name: 'opa on PATH or in the bin of GOPATH',
  start: findOpa,
};

const localServer: RealPartWay = {
  name: 'an opa of this machine',
  async start(env) {
    const program = await findOpa(env);
    if (program === undefined) return undefined;
    const opa = await startOpaProcess(program);
    return { address: opa.origin, stop: () => opa.stop() };
  },
};

/** The program OPA, for tests that start it their own way; the address is its path. */
export const opaProgram: RealPart = { name: 'opa', addressVariable: 'OPA_BIN', ways: [localProgram], advice };

/** A real OPA without policy, whose policy and data APIs are open; the address is its origin. */
export const opaServer: RealPart = {
  name: 'OPA',
  addressVariable: 'OPA_URL',
  ways: [
    inContainer({
      image: 'openpolicyagent/opa:1.10.1-static',
      imageVariable: 'TEST_OPA_IMAGE',
      port: 8181,
      ready: { path: '/health' },
      command: ['run', '--server', '--addr=0.0.0.0:8181', '--disable-telemetry'],
      address: (host, port) => `http://${host}:${port}`,
    }),
    localServer,
  ],
  advice: `Set OPA_URL, start a Docker engine. ${advice}`,
};
