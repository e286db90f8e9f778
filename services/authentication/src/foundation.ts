import type { CallerAuthentication, ClientCaller, ClientStore } from '@mandate/clients';
import type { Clients, SharedState } from '@mandate/composition';
import type { KeyStore, TokenSigner } from '@mandate/token';
import type { IssueToken } from './issue/issue-token.js';

/** What the composition root makes first, and the rooms of this service are built on. */
export interface Foundation {
  issuer: string;
  callers: CallerAuthentication<ClientCaller>;
  clients: Clients;
  clientStore: ClientStore;
  state: SharedState;
  keyStore: KeyStore;
  signer: TokenSigner;
  issueToken: IssueToken;
  /** Issue nothing, and refuse what could not be issued. */
  trial: { signer: TokenSigner; issueToken: IssueToken };
}
