import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { CASSANDRA_TEST, type CassandraServer, startCassandraPeer, until } from '@mandate/testing';
import { executeAll } from './cassandra-operator.js';
import { type ComposedStore, type StoreEnvironment, composeStore, fill } from './client-store-world.js';
import { outcomeOf } from './describe-store-faults.js';

const KNOWN = Array.from({ length: 20 }, (_, index) => `known-${index}`);
const READER = { username: 'reader', password: 'reader-password' };
const REPLICATED = `WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 2}`;
/** How long all must have been right to be right again. */
const RIGHT_MS = 2000;
const START_MS = 180_000;

/** What a store does when its only contact point dies, one of two nodes. The first node's cluster is not the same after it. */
export function describeCassandraFailover({ tool, first }: { tool: string; first: () => CassandraServer }): void {
  describe('over two nodes, each of which has every record', () => {
    let second: CassandraServer;
    const stores: ComposedStore[] = [];
    const nodes = (): [string, string] => [`127.0.0.1:${first().port}`, `127.0.0.2:${second.port}`];
    const envOf = (contactPoints: readonly string[], { username, password } = READER): StoreEnvironment => ({
      CLIENT_CREDENTIALS_CASSANDRA_CONTACT_POINTS: contactPoints.join(','),
      CLIENT_CREDENTIALS_CASSANDRA_USERNAME: username,
      CLIENT_CREDENTIALS_CASSANDRA_PASSWORD: password,
      // A node that dies is told at once; a busy machine is not to be told as one.
      CLIENT_STORE_TIMEOUT_MS: '5000',
    });
    const compose = async (contactPoints: readonly string[], consistency: string): Promise<ComposedStore> => {
      const env = { ...envOf(contactPoints), CLIENT_CREDENTIALS_CASSANDRA_CONSISTENCY: consistency };
      const store = await composeStore('cassandra', env);
      stores.push(store);
      return store;
    };

    const execute = (node: string, ...statements: string[]) =>
      executeAll({ node, credentials: CASSANDRA_TEST }, statements);

    beforeAll(async () => {
      second = await startCassandraPeer(tool, process.env, first());
      await until(async () => {
        const peers = await Promise.all(nodes().map((node) => execute(node, 'SELECT peer FROM system.peers')));
        return peers.every(({ length }) => length === 1);
      });
      await execute(
        nodes()[0],
        `ALTER KEYSPACE system_auth ${REPLICATED}`,
        `ALTER KEYSPACE mandate ${REPLICATED}`,
        'TRUNCATE mandate.clients',
        `CREATE ROLE ${READER.username} WITH PASSWORD = '${READER.password}' AND LOGIN = true`,
        `GRANT SELECT ON mandate.clients TO ${READER.username}`,
      );
      const operator = { ...envOf([nodes()[0]], CASSANDRA_TEST), CLIENT_CREDENTIALS_CASSANDRA_CONSISTENCY: 'all' };
      await fill(
        'cassandra',
        operator,
        KNOWN.map((clientId) => ({ clientId, tokenEndpointAuthMethod: 'none' })),
      );
    }, START_MS);
    afterAll(async () => {
      stores.forEach((store) => store.close?.());
      await second.stop();
    });

    it('has no wrong verdict while the one that it was told of dies, and is right soon after by the other', async () => {
      const stores = await Promise.all(['one', 'localOne'].map((consistency) => compose([nodes()[0]], consistency)));
      for (const store of stores) await until(async () => (await outcomeOf(store, 'known-0')) === 'found');

      const outcomes = { known: new Set<string>(), unknown: new Set<string>() };
      let [answers, failures, lastFailure, isOver] = [0, 0, performance.now(), false];
      const ask = async (store: ComposedStore, id: string): Promise<void> => {
        while (!isOver) {
          const outcome = await outcomeOf(store, id);
          outcomes[id === 'unknown' ? 'unknown' : 'known'].add(outcome);
          answers += 1;
          if (outcome === 'no verdict') [failures, lastFailure] = [failures + 1, performance.now()];
          await sleep(5);
        }
      };
      const askers = stores.flatMap((store) => [...KNOWN, 'unknown'].map((id) => ask(store, id)));
      await until(() => answers > 300 && performance.now() - lastFailure > RIGHT_MS / 2);
      const killedAt = performance.now();
      [answers, failures, lastFailure] = [0, 0, killedAt];
      await first().kill();
      await until(() => answers > 300 && performance.now() - lastFailure > RIGHT_MS);
      isOver = true;
      await Promise.all(askers);

      for (const outcome of outcomes.known) expect(['found', 'no verdict']).toContain(outcome);
      for (const outcome of outcomes.unknown) expect(['nobody', 'no verdict']).toContain(outcome);
      const seconds = ((lastFailure - killedAt) / 1000).toFixed(2);
      process.stderr.write(
        `cassandra | one of two nodes dies | ${failures} of ${answers} answers no verdict (503), none wrong | ${seconds} s\n`,
      );
    });

    it('comes up right though the first contact point is dead', async () => {
      const store = await compose(nodes(), 'one');
      await until(async () => (await outcomeOf(store, 'known-0')) === 'found');
      expect(await outcomeOf(store, 'unknown')).toBe('nobody');
    });
  });
}
