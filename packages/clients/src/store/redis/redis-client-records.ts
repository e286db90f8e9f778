import { type RedisClient, UpstreamError } from '@mandate/ports';
import type { ClientRecords } from '../client-records.js';
import { parseStoredJson } from '../stored-record.js';

const STORE = 'clients:redis';
const SET = `return redis.call('SET', KEYS[1], ARGV[1])`;
const DELETE = `return redis.call('DEL', KEYS[1])`;
/** A page of keys and their documents. Not for a Cluster, of which one node would tell its own. */
const PAGE = `
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 500)
local documents = {}
for index, key in ipairs(page[2]) do documents[index] = redis.call('GET', key) end
return {page[1], page[2], documents}`;

/** The records of the `redis` store: JSON documents at the prefix and the id. */
export function createRedisClientRecords({ redis, prefix }: { redis: RedisClient; prefix: string }): ClientRecords {
  const keyOf = (clientId: string): string => `${prefix}${clientId}`;
  return {
    async *list() {
      const pattern = `${prefix.replace(/[*?[\]\\^]/g, '\\$&')}*`;
      const keys = new Set<string>();
      let cursor = '0';
      do {
        const page = pageOf(await redis.run({ source: PAGE, keys: [], args: [cursor, pattern] }));
        cursor = page.cursor;
        for (const { key, document } of page.records) {
          // SCAN may tell a key twice.
          if (keys.has(key)) continue;
          keys.add(key);
          const clientId = key.slice(prefix.length);
          yield { clientId, record: parseStoredJson(document, { store: STORE, clientId }) };
        }
      } while (cursor !== '0');
    },
    async put({ clientId, record }) {
      await redis.run({ source: SET, keys: [keyOf(clientId)], args: [JSON.stringify(record)] });
    },
    async remove(clientId) {
      await redis.run({ source: DELETE, keys: [keyOf(clientId)] });
    },
    close: () => redis.close(),
  };
}

interface Page {
  cursor: string;
  records: { key: string; document: string }[];
}

function pageOf(answer: unknown): Page {
  const members: unknown[] = Array.isArray(answer) ? answer : [];
  const [cursor, keys, documents] = members;
  if (typeof cursor !== 'string' || !Array.isArray(keys) || !Array.isArray(documents)) {
    throw new UpstreamError(STORE, 'malformed', 'no page of keys');
  }
  const records = keys.map((key, index) => ({ key: String(key), document: String(documents[index]) }));
  return { cursor, records };
}
