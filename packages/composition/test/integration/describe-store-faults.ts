import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import { createTestAuthority, until } from '@mandate/testing';
import {
  type ComposedStore,
  type SlowWay,
  type StoreEnvironment,
  composeStore,
  fill,
  startSlowWay,
} from './client-store-world.js';
import type { RemoteStoreName } from '../../src/client-stores/store-names.js';

/** A server of this test alone, which may be hung and killed. */
export interface FaultyServer {
  port: number;
  /** How the store finds it, at its port or at one that leads there. */
  env(port: number): StoreEnvironment;
  /** What its operator may do and a service need not: writing records. Default: as `env`. */
  operatorEnv?(port: number): StoreEnvironment;
  start(): Promise<void>;
  kill(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export interface StoreFaults<Server extends FaultyServer> {
  name: RemoteStoreName;
  /** Starts the server, which may keep its files in the directory. */
  open(directory: string): Promise<Server>;
  /** What no log may show. */
  secrets: readonly string[];
  /** What is wrong, what the store says of it, and the variables; the file is that of an authority nobody should trust. */
  wrongSettings: readonly [
    problem: string,
    message: RegExp,
    env: (server: Server, otherCaFile: string) => StoreEnvironment,
  ][];
}

const KNOWN = Array.from({ length: 200 }, (_, index) => `known-${index}`);
const records = KNOWN.map((clientId): JsonObject => ({ clientId, clientSecret: 'a-secret-of-a-client' }));
/** Connections of ours to one server, at most. */
const MAX_SOCKETS = 16;
/** Each is seen three times: our end, and both ends of the way in between. */
const SEEN = 3;

/** What a store does while its server does not do its part: never a wrong verdict, and right again soon after. */
export function describeStoreFaults<Server extends FaultyServer>({ name, ...faults }: StoreFaults<Server>): void {
  describe(`the client store ${name}, when its server fails`, () => {
    let server: Server;
    let directory: string;
    let otherCaFile: string;
    let slowWay: SlowWay;
    const stores: ComposedStore[] = [];
    const table: string[] = [];
    const compose = async (env: StoreEnvironment = {}): Promise<ComposedStore> => {
      const store = await composeStore(name, { ...server.env(slowWay.port), ...env });
      stores.push(store);
      return store;
    };

    /** Waits until it is right, and notes how long that took: a figure for the reader, since it is the machine's too. */
    const rightAgainAfter = async (fault: string, store: ComposedStore): Promise<void> => {
      const since = performance.now();
      await until(() => isRight(store));
      table.push(`${name} | ${fault} | no verdict (503) | ${((performance.now() - since) / 1000).toFixed(2)} s`);
    };

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'mandate-store-faults-'));
      otherCaFile = (await createTestAuthority(directory, 'another')).caFile;
      server = await faults.open(directory);
      await fill(name, server.operatorEnv?.(server.port) ?? server.env(server.port), records);
    });
    beforeEach(async () => {
      slowWay = await startSlowWay(server.port);
    });
    afterEach(async () => {
      const health = await Promise.all(stores.map((store) => store.health()));
      const logAndHealth = [...stores.flatMap(({ log }) => log), JSON.stringify(health)].join('\n');
      for (const secret of [...faults.secrets, 'a-secret-of-a-client']) expect(logAndHealth).not.toContain(secret);
      for (const store of stores.splice(0)) store.close?.();
      await slowWay.close();
    });
    afterAll(async () => {
      await server.stop();
      // Not a testDirectory: the server writes there until now.
      await rm(directory, { recursive: true, force: true });
      process.stderr.write(`client store | its server | answer meanwhile | right again after\n${table.join('\n')}\n`);
    });

    // Both at once, since a server takes its time to start.
    it('comes up without it, and has no verdict when it goes, and is right soon after for 200 clients at once', async () => {
      const earlierStore = await compose({ CLIENT_STORE_TIMEOUT_MS: '20000' });
      await until(() => isRight(earlierStore));
      await server.kill();
      for (let time = 0; time < 4; time += 1) await expectNoVerdict(earlierStore);
      const store = await compose();
      expect(await store.health()).toMatchObject({ ready: false, detail: expect.any(String) });
      await expectNoVerdict(store);
      await Promise.allSettled(KNOWN.map((id) => store.findClient(id)));
      await server.start();
      const outcomes = await Promise.all(KNOWN.map((id) => outcomeOf(store, id)));
      for (const outcome of outcomes) expect(['found', 'no verdict']).toContain(outcome);
      await Promise.all([rightAgainAfter('down at start', store), rightAgainAfter('down later', earlierStore)]);
      const clients = await Promise.all(KNOWN.map((id) => earlierStore.findClient(id)));
      expect(clients.map((client) => client?.clientId)).toEqual(KNOWN);
      expect(sockets()).toBeLessThanOrEqual(SEEN * MAX_SOCKETS * stores.length);
      await until(async () => JSON.stringify(await store.health()) === '{"ready":true}');
    });

    it('has no verdict while it hangs, and is right soon after', async () => {
      const store = await compose();
      await until(() => isRight(store));
      await server.pause();
      await expectNoVerdict(store);
      expect(await store.health()).toMatchObject({ ready: false });
      await server.resume();
      await rightAgainAfter('hangs', store);
    });

    it('has no verdict while answers come too late, and is right soon after', async () => {
      const store = await compose({ CLIENT_STORE_TIMEOUT_MS: '500' });
      await until(() => isRight(store));
      await slowWay.delay(1500);
      await expectNoVerdict(store);
      await slowWay.delay(0);
      await rightAgainAfter('answers after 1.5 s, a deadline of 0.5 s', store);
    });

    it('uses what it knows while the server hangs, as long as it may, and nothing of whom it did not know', async () => {
      const store = await compose({ CLIENT_STALE_SECONDS: '600' });
      await until(() => isRight(store));
      await server.pause();
      const outcomes = await Promise.all(['known-0', 'unknown', 'known-1'].map((id) => outcomeOf(store, id)));
      expect(outcomes).toEqual(['found', 'no verdict', 'no verdict']);
      expect(await store.metrics()).toContain(`client_lookups_total{store="${name}",outcome="stale"} 1`);
      await server.resume();
      await until(() => isRight(store));
      table.push(`${name} | hangs, CLIENT_STALE_SECONDS=600 | what it knew, else no verdict (503) | `);
    });

    it.each(faults.wrongSettings)('has no verdict with %s, and says so', async (problem, message, env) => {
      const store = await compose(env(server, otherCaFile));
      const [health] = await Promise.all([store.health(), expectNoVerdict(store)]);
      expect(health).toEqual({ ready: false, detail: expect.stringMatching(message) });
      table.push(`${name} | ${problem} | no verdict (503) | said: ${JSON.stringify(health)}`);
    });
  });
}

/** Connections of this process. */
function sockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

async function isRight(store: ComposedStore): Promise<boolean> {
  return (await outcomeOf(store, 'known-0')) === 'found' && (await outcomeOf(store, 'unknown')) === 'nobody';
}

async function expectNoVerdict(store: ComposedStore): Promise<void> {
  const outcomes = await Promise.all(['known-0', 'unknown'].map((id) => outcomeOf(store, id)));
  expect(outcomes).toEqual(['no verdict', 'no verdict']);
}

/** What a store says of an id: a wrong verdict would be `nobody` of a client, or a client that is another. */
export async function outcomeOf(store: ComposedStore, clientId: string): Promise<string> {
  try {
    const client = await store.findClient(clientId);
    if (client === undefined) return 'nobody';
    return client.clientId === clientId ? 'found' : `another: ${client.clientId}`;
  } catch (error) {
    return error instanceof UpstreamError ? 'no verdict' : `a mistake: ${String(error)}`;
  }
}
