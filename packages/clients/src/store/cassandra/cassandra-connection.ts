import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import { withDeadline } from '@mandate/ports';
import type { Client } from 'cassandra-driver';
import { type OpenedOnce, openedOnce } from '../opened-once.js';
import { cassandraFailure, cassandraTimeout } from './cassandra-failure.js';

export interface CassandraConnectionOptions {
  /** `host:port` each; the others of the cluster are found through them, at the port of the first. */
  contactPoints: readonly string[];
  localDataCenter: string;
  account?: { username: string; password: string } | undefined;
  /** Certificates (PEM) that sign those of the nodes; absent: without TLS. */
  authorities?: (() => string) | undefined;
  consistency: CassandraConsistency;
  /** Deadline of one question, milliseconds. */
  timeoutMs: number;
}

/** How many replicas must agree on an answer. */
export const CASSANDRA_CONSISTENCIES = ['one', 'localOne', 'quorum', 'localQuorum', 'all'] as const;

export type CassandraConsistency = (typeof CASSANDRA_CONSISTENCIES)[number];

export interface CassandraConnection {
  /** Does the work with a client that is connected. @throws UpstreamError */
  run<Answer>(work: (client: Client) => Promise<Answer>): Promise<Answer>;
  close(): void;
}

/** What was measured to notice a node that hangs, and one that is back, within two seconds. */
const CONNECT_MS = 1000;
const HEARTBEAT_MS = 2000;
const RECONNECT_MS = 250;

/** A connection to a cluster; it comes up without one. */
export async function createCassandraConnection(options: CassandraConnectionOptions): Promise<CassandraConnection> {
  const clients = await createClients(options);
  const { timeoutMs } = options;
  return {
    async run(work) {
      const attempt = async () => work(await clients.get());
      try {
        return await withDeadline(attempt(), timeoutMs, cassandraTimeout);
      } catch (error) {
        throw cassandraFailure(error);
      }
    },
    close: () => clients.close(),
  };
}

async function createClients(options: CassandraConnectionOptions): Promise<OpenedOnce<Client>> {
  const { contactPoints, localDataCenter, account, authorities, consistency } = options;
  const { default: driver } = await import('cassandra-driver');
  const make = (ca: string | undefined): Client =>
    new driver.Client({
      contactPoints: [...contactPoints],
      localDataCenter,
      ...(account && { credentials: account }),
      ...(ca !== undefined && { sslOptions: tlsOptions(ca, contactPoints) }),
      protocolOptions: { port: portOf(contactPoints) },
      socketOptions: { connectTimeout: CONNECT_MS, readTimeout: options.timeoutMs },
      pooling: { heartBeatInterval: HEARTBEAT_MS },
      policies: {
        reconnection: new driver.policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS),
        retry: new driver.policies.retry.FallthroughRetryPolicy(),
      },
      queryOptions: { prepare: true, consistency: driver.types.consistencies[consistency] },
    });
  return openedOnce({ open: (ca) => connect(make(ca)), end: (client) => void client.shutdown(), authorities });
}

/** Nodes are told by their addresses alone: the driver would ask those that it finds at the usual port. */
function portOf([first = '']: readonly string[]): number {
  return Number(/:(\d+)$/.exec(first)?.[1] ?? 9042);
}

/** A client whose first attempt failed never tries again. */
async function connect(client: Client): Promise<Client> {
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.shutdown();
    throw error;
  }
}

/** The driver would trust anybody. It knows nodes by their addresses; their certificates may have the names given for them. */
function tlsOptions(ca: string, contactPoints: readonly string[]): ConnectionOptions {
  const names = contactPoints.map((point) => point.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
  return {
    ca,
    rejectUnauthorized: true,
    checkServerIdentity: (address, certificate) =>
      [address, ...names].some((name) => checkServerIdentity(name, certificate) === undefined)
        ? undefined
        : checkServerIdentity(address, certificate),
  };
}
