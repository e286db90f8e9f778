import type { Cluster, Redis } from 'ioredis';
import type { RedisTarget } from './redis-url.js';

/** What to write for a server that is more than one server. */
const MISFITS: Readonly<Record<string, string>> = {
  cluster: 'is one node of a Redis Cluster, which refuses most keys: write redis+cluster://host:port instead',
  sentinel: 'is a Redis Sentinel, which keeps nothing: write redis+sentinel://host:port/MASTER instead',
};

/**
 * What is wrong with one server as the target, if anything. A node of a Cluster would answer its own third of all keys
 * and refuse the rest; to a health check that asks no key it is well.
 */
export async function checkMode(driver: Redis | Cluster, { mode }: RedisTarget): Promise<string | undefined> {
  return mode === 'single' ? MISFITS[(await askMode(driver)) ?? ''] : undefined;
}

/** By `HELLO`, which every user of an ACL may send. `undefined` for a server that does not tell (before Redis 6). */
async function askMode(driver: Redis | Cluster): Promise<string | undefined> {
  try {
    const hello: unknown = await driver.call('HELLO');
    const members: unknown[] = Array.isArray(hello) ? hello : [];
    const mode = members[members.indexOf('mode') + 1];
    return typeof mode === 'string' ? mode : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}
