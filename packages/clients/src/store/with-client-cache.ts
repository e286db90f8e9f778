import { LRUCache } from 'lru-cache';
import { UpstreamError } from '@mandate/ports';
import { type Credential, isDecoy } from '../authentication/required-credentials.js';
import type { ClientStore } from './client-store.js';
import type { Client } from './client.js';
import { isClientId } from './parse-clients.js';

export interface ClientCacheOptions {
  /** How long a record is used before the store is asked again, seconds: how late a change is seen. */
  seconds: number;
  /** How long an id without a record, or with one that cannot be read, is not asked for again, seconds. */
  missingSeconds: number;
  /** How much longer a record is used while the store fails, seconds; 0: never. */
  staleSeconds: number;
  /** Ids that are kept at most; those used longest ago go first. Default 10,000. */
  maxEntries?: number;
  /** Milliseconds of a clock that only goes forward; default that of the process. */
  elapsedMs?: () => number;
  /** Told how each question was answered without the store. */
  onAnswer?: (how: 'cached' | 'stale') => void;
}

interface Entry {
  answer: Promise<Client | undefined>;
  /** When it was learned, milliseconds. */
  at: number;
  lifeMs: number;
  /** A record: only such an answer may stand in for a store that fails. */
  isRecord: boolean;
}

/**
 * Remembers the answers of a store that is asked over the network, and asks for an id once at a time however many wait. A
 * failure is not remembered, and no failure becomes "nobody": what stands in for the store is a record of it.
 */
export function withClientCache(store: ClientStore, options: ClientCacheOptions): ClientStore {
  const { seconds, missingSeconds, staleSeconds, maxEntries = 10_000, onAnswer } = options;
  const elapsedMs = options.elapsedMs ?? (() => performance.now());
  const entries = new LRUCache<string, Entry>({ max: maxEntries });
  const lookups = new Map<string, Promise<Client | undefined>>();
  const decoys = createDecoys();

  function keep(clientId: string, answer: Promise<Client | undefined>, { isRecord }: { isRecord: boolean }): void {
    const lifeMs = (isRecord ? seconds : missingSeconds) * 1000;
    entries.set(clientId, { answer, at: elapsedMs(), lifeMs, isRecord });
  }
  async function ask(clientId: string): Promise<Client | undefined> {
    const answer = store.findClient(clientId);
    try {
      const client = await answer;
      keep(clientId, answer, { isRecord: client !== undefined });
      if (client !== undefined) decoys.keep(client);
      return client;
    } catch (error) {
      if (isBrokenRecord(error)) keep(clientId, answer, { isRecord: false });
      else if (isStaleUsable(entries.get(clientId))) return standIn(clientId);
      throw error;
    }
  }
  function isStaleUsable(entry: Entry | undefined): boolean {
    return entry?.isRecord === true && elapsedMs() - entry.at < entry.lifeMs + staleSeconds * 1000;
  }
  function standIn(clientId: string): Promise<Client | undefined> | undefined {
    onAnswer?.('stale');
    return entries.get(clientId)?.answer;
  }
  return {
    ...store,
    findClient(clientId) {
      // Nobody has it, and whoever sends it could fill the memory with it.
      if (!isClientId(clientId)) return Promise.resolve(undefined);
      const entry = entries.get(clientId);
      if (entry !== undefined && elapsedMs() - entry.at < entry.lifeMs) {
        onAnswer?.('cached');
        return entry.answer;
      }
      const question = lookups.get(clientId) ?? ask(clientId).finally(() => lookups.delete(clientId));
      lookups.set(clientId, question);
      return question;
    },
    // One for all: the records of a remote store are not all known here.
    decoyFor: (clientId, credential) => store.decoyFor?.(clientId, credential) ?? decoys.get(credential),
  };
}

/** The first record found that can stand in by its secret, and the first by its keys. */
function createDecoys() {
  const decoys = new Map<Credential, Client>();
  return {
    get: (credential: Credential) => decoys.get(credential),
    keep(client: Client): void {
      for (const credential of ['secret', 'keys'] as const) {
        if (!decoys.has(credential) && isDecoy(client, credential)) decoys.set(credential, client);
      }
    },
  };
}

/** The store answered, with something that is no record: an answer about this id, and no outage. */
function isBrokenRecord(error: unknown): boolean {
  return error instanceof UpstreamError && error.failure === 'malformed';
}
