import type { JsonObject } from '@mandate/ports';

/** One record, and the id that the store has it under. */
export interface StoredRecord {
  clientId: string;
  record: JsonObject;
}

/** The records of a store as they are kept there, for whoever moves them: a service only finds clients in it. */
export interface ClientRecords {
  /** All of them, in no order. @throws UpstreamError */
  list(): AsyncIterable<StoredRecord>;
  /** Writes a record in place of what its id had. @throws UpstreamError */
  put(record: StoredRecord): Promise<void>;
  /** @throws UpstreamError */
  remove(clientId: string): Promise<void>;
  close(): void;
}
