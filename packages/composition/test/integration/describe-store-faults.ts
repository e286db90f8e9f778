import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RemoteStoreName } from '@mandate/composition';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import { until } from '@mandate/testing';
import {
  type ComposedStore,
  type SlowWay,
  type StoreEnvironment,
  composeStore,
  fill,
  startSlowWay,
} from './client-store-world.js';

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

/** A configuration with which the store cannot work, and what is said of it. */
export interface WrongSetting {
  what: string;
  env: StoreEnvironment;
  said: RegExp;
}

export interface StoreFaults {
  name: RemoteStoreName;
  /** Starts the server, the secrets of which no log may show. */
  open(): Promise<{ server: FaultyServer; wrong: readonly WrongSetting[]; secrets: readonly string[] }>;
  /** The wrong settings by name, which the suite needs before the server runs. */
  wrong: readonly string[];
}

const KNOWN = Array.from({ length: 200 }, (_, index) => `known-${index}`);
const records = KNOWN.map((clientId): JsonObject => ({ clientId, clientSecret: 'a-secret-of-a-client' }));
/** Connections of ours to one server, at most. */
const MAX_SOCKETS = 16;
/** Each is seen three times: our end, and both ends of the way in between. */
const SEEN = 3;

/** What a store does while its server does not do its part: never a wrong verdict, and right again soon after. */
export function describeStoreFaults({ name, wrong: names, ...faults }: StoreFaults): void {
  describe(`the client store ${name}, when its server fails`, () => {
    let given: Awaited<ReturnType<StoreFaults['open']>>;
    let way: SlowWay;
    let store: ComposedStore | undefined;
    const table: string[] = [];
    const compose = async (env: StoreEnvironment = {}): Promise<ComposedStore> =>
      (store = await composeStore(name, { ...given.server.env(way.port), ...env }));
    const isRight = async (): Promise<boolean> =>
      (await store?.findClient('known-0'))?.clientId === 'known-0' &&
      (await store?.findClient('unknown')) === undefined;
    const expectNoVerdict = async (): Promise<void> => {
      for (const id of ['known-0', 'unknown']) expect([id, await outcomeOf(store, id)]).toEqual([id, 'no verdict']);
    };

    /** Waits until it is right, and notes how long that took: a figure for the reader, since it is the machine's too. */
    const rightAgainAfter = async (fault: string): Promise<void> => {
      const since = performance.now();
      await until(isRight);
      table.push(`${name} | ${fault} | no verdict (503) | ${((performance.now() - since) / 1000).toFixed(2)} s`);
    };

    beforeAll(async () => {
      given = await faults.open();
      const { server } = given;
      await fill(name, server.operatorEnv?.(server.port) ?? server.env(server.port), records);
    });
    beforeEach(async () => {
      way = await startSlowWay(given.server.port);
    });
    afterEach(async () => {
      const shown = [...(store?.log ?? []), JSON.stringify(await store?.health())].join('\n');
      for (const secret of [...given.secrets, 'a-secret-of-a-client']) expect(shown).not.toContain(secret);
      store?.close?.();
      store = undefined;
      await way.close();
    });
    afterAll(async () => {
      await given.server.stop();
      process.stderr.write(`client store | its server | answer meanwhile | right again after\n${table.join('\n')}\n`);
    });

    it('comes up without it, says that it is not ready, and is right soon after, though 200 clients come at once', async () => {
      await given.server.kill();
      await compose();
      expect(await store?.health()).toMatchObject({ ready: false, detail: expect.any(String) });
      await expectNoVerdict();
      await Promise.allSettled(KNOWN.map(async (id) => store?.findClient(id)));
      await given.server.start();
      const outcomes = await Promise.all(KNOWN.map((id) => outcomeOf(store, id)));
      for (const outcome of outcomes) expect(['found', 'no verdict']).toContain(outcome);
      expect(sockets()).toBeLessThanOrEqual(SEEN * MAX_SOCKETS);
      await rightAgainAfter('down at start');
      await until(async () => JSON.stringify(await store?.health()) === '{"ready":true}');
    });

    it('has no verdict while it is down, and is right soon after, for 200 clients at once over few connections', async () => {
      await compose({ CLIENT_STORE_TIMEOUT_MS: '20000' });
      await until(isRight);
      await given.server.kill();
      await expectNoVerdict();
      for (let time = 0; time < 10; time += 1) await expectNoVerdict();
      await given.server.start();
      await rightAgainAfter('down later');
      const all = await Promise.all(KNOWN.map(async (id) => store?.findClient(id)));
      expect(all.map((client) => client?.clientId)).toEqual(KNOWN);
      expect(sockets()).toBeLessThanOrEqual(SEEN * MAX_SOCKETS);
    });

    it('has no verdict while it hangs, and is right soon after', async () => {
      await compose();
      await until(isRight);
      await given.server.pause();
      await expectNoVerdict();
      expect(await store?.health()).toMatchObject({ ready: false });
      await given.server.resume();
      await rightAgainAfter('hangs');
    });

    it('has no verdict while answers come too late, and is right soon after', async () => {
      await compose({ CLIENT_STORE_TIMEOUT_MS: '500' });
      await until(isRight);
      way.delay(3000);
      await expectNoVerdict();
      way.delay(0);
      await rightAgainAfter('answers after 3 s');
    });

    it('uses what it knows while the server hangs, as long as it may, and nothing of whom it did not know', async () => {
      await compose({ CLIENT_STALE_SECONDS: '600' });
      await until(isRight);
      await given.server.pause();
      expect(await outcomeOf(store, 'known-0')).toBe('found');
      const others = [await outcomeOf(store, 'unknown'), await outcomeOf(store, 'known-1')];
      expect(others).toEqual(['no verdict', 'no verdict']);
      expect(await store?.metrics()).toContain(`client_lookups_total{store="${name}",outcome="stale"} 1`);
      await given.server.resume();
      await until(isRight);
    });

    it.each(names)('has no verdict with %s, and says so', async (what) => {
      const setting = given.wrong.find((one) => one.what === what);
      await compose(setting?.env);
      await expectNoVerdict();
      expect(await store?.health()).toEqual({ ready: false, detail: expect.stringMatching(setting?.said ?? 'known') });
    });
  });
}

/** Connections of this process. */
function sockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

async function outcomeOf(store: ComposedStore | undefined, clientId: string): Promise<string> {
  try {
    return (await store?.findClient(clientId)) === undefined ? 'nobody' : 'found';
  } catch (error) {
    return error instanceof UpstreamError ? 'no verdict' : `a mistake: ${String(error)}`;
  }
}
