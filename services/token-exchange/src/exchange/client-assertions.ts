import {
  ASSERTION_LIFETIME_SECONDS,
  CLIENT_SKEW_SECONDS,
  type Caller,
  type Client,
  type ClientKeys,
  type ReplayStore,
  replayKeyOf,
} from '@mandate/clients';
import type { Clock } from '@mandate/ports';
import {
  type IssuerTrust,
  type TokenVerifier,
  type TrustedIssuer,
  type VerifiedToken,
  createTokenVerifier,
} from '@mandate/token';
import { type Checked, passed, refused } from '../rules/checked.js';

export interface ClientAssertionOptions {
  keys: ClientKeys;
  replays: ReplayStore;
  clock: Clock;
}

/** JWTs by which clients assert who is there (RFC 7523 section 2.1): each verified by its client's keys, used once. */
export interface ClientAssertions {
  /** Accepts what this client has signed, and nothing else. */
  verifierFor(client: Client): TokenVerifier;
  /** Without `spend` it looks, and uses nothing. @throws UpstreamError when it cannot be told whether it was used before. */
  useUp(token: VerifiedToken, caller: Caller, use: { spend: boolean }): Promise<Checked>;
}

/** A client is believed in whom it names, not in what it says of them. */
const TRUST: IssuerTrust = { own: false, mayAssertMayAct: false, mayAssertAct: false, allowIdTokens: false };

export function createClientAssertions({ keys, replays, clock }: ClientAssertionOptions): ClientAssertions {
  const issuerOf = (client: Client): TrustedIssuer => ({
    issuer: client.clientId,
    trust: TRUST,
    maxLifetimeSeconds: ASSERTION_LIFETIME_SECONDS,
    requireAccessTokenType: false,
    candidates: (header) => keys.candidates(client, header),
  });
  const isFirst = async (key: string, { usableUntil, spend }: { usableUntil: number; spend: boolean }) =>
    spend ? replays.markUsed(key, usableUntil) : !(await replays.isUsed(key));
  return {
    verifierFor(client) {
      const issuer = issuerOf(client);
      const keysFor = (name: string): TrustedIssuer | undefined => (name === client.clientId ? issuer : undefined);
      return createTokenVerifier({ issuers: { keysFor, issuers: () => [client.clientId] }, clock });
    },
    async useUp({ claims: { jti }, expiresAt }, { clientId }, { spend }) {
      const usableUntil = expiresAt + CLIENT_SKEW_SECONDS;
      // Looking at the clock again: a policy may have taken its time, and a store forgets what has expired.
      const fresh = typeof jti === 'string' && clock() < usableUntil;
      if (fresh && (await isFirst(replayKeyOf(clientId, jti), { usableUntil, spend }))) return passed();
      return refused('assertion_replayed', 'an assertion that was not used before', () => ({ client: clientId }));
    },
  };
}
