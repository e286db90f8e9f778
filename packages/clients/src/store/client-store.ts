import type { Credential } from '../authentication/required-credentials.js';
import type { Client } from './client.js';

/**
 * Port: where client records are found.
 *
 * @example
 * const store: ClientStore = { findClient: (clientId) => Promise.resolve(records.get(clientId)) };
 */
export interface ClientStore {
  /** The record with exactly this id. @throws UpstreamError when the store cannot say. */
  findClient(clientId: string): Promise<Client | undefined>;
  /**
   * Some record with a secret, or with keys, always the same for an id: what a wrong proof costs for an id that nobody has,
   * so that the time tells nothing where secrets and keys are of several kinds (docs/security.md C7).
   */
  decoyFor?(clientId: string, credential: Credential): Client | undefined;
  /** Rejects while the store cannot be used. */
  check?(): Promise<void>;
  close?(): void;
}
