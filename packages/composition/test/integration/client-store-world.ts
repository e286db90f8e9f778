import { createServer, connect, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { ClientStore, SecretBind } from '@mandate/clients';
import type { JsonObject } from '@mandate/ports';
import { commonConfig, createHttpClient, createLogger, createMetrics, readConfig } from '@mandate/service-kit';
import { clientsConfig, composeClientRecords, stateConfig } from '../../src/index.js';
import type { RemoteStoreName } from '../../src/client-stores/store-names.js';
import { composeClientStores } from '../../src/client-stores/client-stores.js';

export type StoreEnvironment = Readonly<Record<string, string>>;

const schema = z.object({ ...commonConfig, ...clientsConfig, ...stateConfig });
const NOT_TESTED_HERE = { CLIENT_STORE_TIMEOUT_MS: '5000' };

/** A composed store, and what it says of itself. */
export interface ComposedStore extends ClientStore {
  /** Checks a secret that the store's directory keeps. */
  bind?: SecretBind | undefined;
  /** What `/readyz?verbose` says of the store. */
  health(): Promise<unknown>;
  /** All that was logged. */
  log: readonly string[];
  metrics(): Promise<string>;
}

/** The store as a service composes it, with nothing remembered unless the environment says so. */
export async function composeStore(name: RemoteStoreName, env: StoreEnvironment): Promise<ComposedStore> {
  const { config, runtime, log } = setUp(
    { CLIENT_CACHE_SECONDS: '0', CLIENT_CACHE_MISSING_SECONDS: '0', ...env },
    name,
  );
  const settings = { scheme: config.CLIENT_SECRET_SECURITY_SCHEME, hmacKey: undefined };
  const clientStores = await composeClientStores({ config, runtime, settings });
  if (clientStores === undefined) throw new Error('there is no store');
  const part = clientStores.parts.find((one) => one.name === `clients:${name}`);
  return {
    ...clientStores.store,
    bind: clientStores.bind,
    close: () => clientStores.close?.(),
    health: async () => part?.status(),
    log,
    metrics: async () => (await runtime.metrics.render()).body,
  };
}

/** A store that holds exactly these records: what it held is removed by its own means. */
export async function openWith(
  name: RemoteStoreName,
  env: StoreEnvironment,
  { records, operator = env }: { records: readonly JsonObject[]; operator?: StoreEnvironment },
): Promise<ComposedStore> {
  await fill(name, operator, records);
  return composeStore(name, { ...NOT_TESTED_HERE, ...env });
}

/** Removes all records of a store and writes these. */
export async function fill(
  name: RemoteStoreName,
  env: StoreEnvironment,
  records: readonly JsonObject[],
): Promise<void> {
  const { config, runtime } = setUp({ ...NOT_TESTED_HERE, ...env }, name);
  const clientRecords = await composeClientRecords(name, config, runtime);
  try {
    const earlier: string[] = [];
    for await (const { clientId } of clientRecords.list()) earlier.push(clientId);
    for (const clientId of earlier) await clientRecords.remove(clientId);
    for (const record of records) await clientRecords.put({ clientId: z.string().parse(record['clientId']), record });
  } finally {
    clientRecords.close();
  }
}

function setUp(env: StoreEnvironment, name: RemoteStoreName) {
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const logger = createLogger({ level: 'trace', service: 'test', destination });
  const runtime = {
    logger,
    metrics: createMetrics({ defaults: false }),
    clock: () => Math.floor(Date.now() / 1000),
    http: createHttpClient({ timeoutMs: 1000 }),
    output: destination,
  };
  return { config: readConfig(schema, { env: { CLIENT_CREDENTIALS_STORE: name, ...env } }), runtime, log };
}

/** A way to a port of loopback that can be made slow. */
export interface SlowWay {
  port: number;
  /** What is sent back from now on is late by so much; resolved when nothing is late any more by more than that. */
  delay(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Passes on every connection to the port. */
export async function startSlowWay(to: number): Promise<SlowWay> {
  let delayMs = 0;
  let deliveries: Promise<unknown> = Promise.resolve();
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [one, sink] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => sink.destroy());
      one.on('close', () => {
        sockets.delete(one);
        sink.destroy();
      });
    }
    near.on('data', (chunk) => void far.write(chunk));
    // One after the other, as TCP does.
    let earlier: Promise<unknown> = Promise.resolve();
    far.on('data', (chunk) => {
      earlier = Promise.all([sleep(delayMs), earlier]).then(() => near.write(chunk));
      deliveries = Promise.all([deliveries, earlier]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async delay(milliseconds) {
      delayMs = milliseconds;
      await deliveries;
    },
    close() {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
