import { ConfigError, type ConfigIssue } from '@mandate/ports';

export interface RedisNode {
  host: string;
  port: number;
}

interface Credentials {
  username?: string;
  password?: string;
}

/** How Sentinels are asked, which need not be as the servers they watch are. */
export interface SentinelAccess extends Credentials {
  tls: boolean;
}

/** Where Redis is: one server, the master that Sentinels name, or the nodes of a Cluster. */
export type RedisTarget = Credentials & { tls: boolean } & (
    | { mode: 'single'; node: RedisNode; database: number }
    | {
        mode: 'sentinel';
        sentinels: RedisNode[];
        sentinelAccess: SentinelAccess;
        master: string;
        database: number;
      }
    | { mode: 'cluster'; nodes: RedisNode[] }
  );

const SINGLE = /^(?<scheme>rediss?):\/\/(?:(?<user>[^@/]*)@)?(?<nodes>[^@/,]+)(?:\/(?<database>\d{0,4}))?$/;
const SENTINEL =
  /^(?<scheme>rediss?)\+sentinel:\/\/(?:(?<user>[^@/]*)@)?(?<nodes>[^@/]+)\/(?<master>[\w.-]+)(?:\/(?<database>\d{0,4}))?$/;
const CLUSTER = /^(?<scheme>rediss?)\+cluster:\/\/(?:(?<user>[^@/]*)@)?(?<nodes>[^@/]+)\/?$/;
const NODE = /^(?<host>\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(?<port>\d{1,5}))?$/;

/**
 * Reads `REDIS_URL`: `redis://` or `rediss://` with credentials and database number, `redis+sentinel://h:p,h:p/master`,
 * `redis+cluster://h:p,h:p`, or several `redis://` separated by commas for a Cluster. Credentials are percent-encoded;
 * those of the first node count for all, and Sentinels are asked without any. @throws ConfigError that does not show it.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const sentinel = SENTINEL.exec(text)?.groups;
  if (sentinel !== undefined) return sentinelTarget(sentinel);
  const cluster = CLUSTER.exec(text)?.groups;
  if (cluster !== undefined) return { mode: 'cluster', nodes: parseNodes(cluster, 6379), ...credentials(cluster) };
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

function sentinelTarget(groups: Record<string, string>): RedisTarget {
  const access = credentials(groups);
  return {
    mode: 'sentinel',
    sentinels: parseNodes(groups, 26_379),
    sentinelAccess: { tls: access.tls },
    master: groups['master'] ?? '',
    database: Number(groups['database'] ?? 0),
    ...access,
  };
}

function parseNodes(groups: Record<string, string>, defaultPort: number): RedisNode[] {
  return (groups['nodes'] ?? '').split(',').map((node) => parseNode(node, defaultPort));
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
    'must be redis://host:port, redis+sentinel://host:port,host:port/master or redis+cluster://host:port,host:port; ' +
    'with TLS rediss';
  const issue: ConfigIssue = { variable: 'REDIS_URL', message };
  throw new ConfigError([issue]);
}
