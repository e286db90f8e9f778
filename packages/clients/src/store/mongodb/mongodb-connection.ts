import { UpstreamError, withDeadline } from '@mandate/ports';
import type { Collection, Db, MongoClient } from 'mongodb';
import { type OpenedOnce, openedOnce } from '../opened-once.js';
import { mongodbFailure, mongodbTimeout } from './mongodb-failure.js';

export interface MongodbConnectionOptions {
  /** `mongodb://`, with credentials, hosts and what else the driver takes there (`readPreference`, `replicaSet`, `tls`). */
  url: string;
  database: string;
  collection: string;
  /** Certificates (PEM) that sign the server's, instead of those of the system. */
  authorities?: (() => string) | undefined;
  /** Deadline of one question, milliseconds. */
  timeoutMs: number;
}

/** The documents of clients. They are texts here: what a record has is checked when it is read. */
export type ClientCollection = Collection<Record<string, unknown>>;

export interface MongodbConnection {
  /** Does the work; `signal` ends what the driver still does for it at the deadline. @throws UpstreamError */
  run<Answer>(work: (clients: ClientCollection, signal: AbortSignal) => Promise<Answer>): Promise<Answer>;
  /** Rejects where there is no such collection: the server would find nobody in it. @throws UpstreamError */
  checkCollection(): Promise<void>;
  close(): void;
}

/** The driver connects by itself, and again; more connections than these would not be faster. */
const MAX_CONNECTIONS = 10;
/** How soon a server that is back is seen; the driver waits no shorter. */
const HEARTBEAT_MS = 500;
const SELECTION_MS = 1000;

/** A connection to a server of MongoDB's protocol; it comes up without one. @throws TypeError for a URL that is none */
export async function createMongodbConnection(options: MongodbConnectionOptions): Promise<MongodbConnection> {
  const { timeoutMs, database, collection } = options;
  const clients = await createClients(options);
  const run = async <Answer>(work: (db: Db, signal: AbortSignal) => Promise<Answer>): Promise<Answer> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const attempt = async (): Promise<Answer> => work((await clients.get()).db(database), signal);
    try {
      return await withDeadline(attempt(), timeoutMs, mongodbTimeout);
    } catch (error) {
      throw mongodbFailure(error);
    }
  };
  return {
    run: (work) => run((db, signal) => work(db.collection(collection), signal)),
    async checkCollection() {
      const options = { nameOnly: true, authorizedCollections: true };
      const names = await run((db, signal) =>
        db.listCollections({ name: collection }, { ...options, signal }).toArray(),
      );
      if (names.length === 0) throw new UpstreamError('clients:mongodb', 'refused', 'no such database or collection');
    },
    close: () => clients.close(),
  };
}

async function createClients({
  url,
  authorities,
  timeoutMs,
}: MongodbConnectionOptions): Promise<OpenedOnce<MongoClient>> {
  const { MongoClient: Driver } = await import('mongodb');
  const make = (ca: string | undefined): MongoClient =>
    new Driver(url, {
      appName: 'mandate',
      connectTimeoutMS: SELECTION_MS,
      // Before our own deadline, which would not say why.
      serverSelectionTimeoutMS: Math.ceil(Math.min(SELECTION_MS, timeoutMs) * 0.8),
      waitQueueTimeoutMS: timeoutMs,
      heartbeatFrequencyMS: HEARTBEAT_MS,
      maxPoolSize: MAX_CONNECTIONS,
      ...(ca !== undefined && { ca }),
    });
  checkUrl(() => make(undefined));
  return openedOnce({ open: (ca) => connect(make(ca)), end: (client) => void client.close(), authorities });
}

/** A client whose first attempt failed never tries again. */
async function connect(client: MongoClient): Promise<MongoClient> {
  try {
    return await client.connect();
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** What the driver says of a URL may show it. */
function checkUrl(make: () => MongoClient): void {
  try {
    void make().close();
  } catch {
    throw new TypeError('no URL that the driver of MongoDB takes');
  }
}
