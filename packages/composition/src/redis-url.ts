import { ConfigError, type ConfigIssue } from '@mandate/ports';

export interface RedisNode {
  host: string;
  port: number;
}

interface Credentials {
  username?: string;
  password?: string;
}

/** Where Redis is: one server, the master that Sentinels name, or the nodes of a Cluster. */
export type RedisTarget = Credentials & { tls: boolean } & (
    | { mode: 'single'; node: RedisNode; database: number }
    | { mode: 'sentinel'; sentinels: RedisNode[]; master: string; database: number }
    | { mode: 'cluster'; nodes: RedisNode[] }
  );

const SINGLE = /^(?<scheme>rediss?):\/\/(?:(?<user>[^@/]*)@)?(?<nodes>[^@/,]+)(?:\/(?<database>\d{0,4}))?$/;
const SENTINEL =
  /^(?<scheme>rediss?)\+sentinel:\/\/(?:(?<user>[^@/]*)@)?(?<nodes>[^@/]+)\/(?<master>[\w.-]+)(?:\/(?<database>\d{0,4}))?$/;
const NODE = /^(?<host>\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(?<port>\d{1,5}))?$/;

/**
 * Reads `REDIS_URL`: `redis://` or `rediss://` with credentials and database number, `redis+sentinel://h:p,h:p/master`,
 * or several `redis://` separated by commas for a Cluster. Credentials are percent-encoded; those of the first node
 * count for all. @throws ConfigError that does not show it.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const sentinel = SENTINEL.exec(text)?.groups;
  if (sentinel !== undefined) {
    const { nodes = '', master = '', database } = sentinel;
    const sentinels = nodes.split(',').map((node) => parseNode(node, 26_379));
    return { mode: 'sentinel', sentinels, master, database: Number(database ?? 0), ...credentials(sentinel) };
  }
  const urls = text.split(',').map((url) => SINGLE.exec(url.trim())?.groups ?? notRedis());
  const [first = notRedis(), ...others] = urls;
  const nodes = urls.map((url) => parseNode(url['nodes'] ?? '', 6379));
  if (others.length > 0) return { mode: 'cluster', nodes, ...credentials(first) };
  return {
    mode: 'single',
    node: parseNode(first['nodes'] ?? '', 6379),
    database: Number(first['database'] ?? 0),
    ...credentials(first),
  };
}

function credentials({ scheme, user }: Record<string, string>): Credentials & { tls: boolean } {
  const tls = scheme === 'rediss';
  if (user === undefined || user === '') return { tls };
  const [name = '', ...rest] = user.split(':');
  const password = decode(rest.length > 0 ? rest.join(':') : '');
  return { tls, ...(name !== '' && { username: decode(name) }), ...(password !== '' && { password }) };
}

function parseNode(text: string, defaultPort: number): RedisNode {
  const { host = '', port = String(defaultPort) } = NODE.exec(text)?.groups ?? notRedis();
  if (Number(port) < 1 || Number(port) > 65_535) notRedis();
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return notRedis();
  }
}

function notRedis(): never {
  const message =
    'must be redis://host:port, rediss://, redis+sentinel://host:port,host:port/master, or a comma list of redis://';
  const issue: ConfigIssue = { variable: 'REDIS_URL', message };
  throw new ConfigError([issue]);
}
