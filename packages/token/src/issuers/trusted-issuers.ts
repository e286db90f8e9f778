import { type Clock, type HttpClient, UpstreamError } from '@mandate/ports';
import {
  type IssuerKeys,
  type IssuerProblem,
  type TrustedIssuer,
  type VerificationKey,
  selectKeys,
} from './issuer-keys.js';
import { isHmac } from '../jws/algorithms.js';
import { createKeySetCache } from '../keys/key-set-cache.js';
import type { KeyStore } from '../keys/key-store.js';
import { createKeyFetch } from '../keys/remote-keys.js';
import { fileProblem } from './file-problem.js';
import type { TrustedIssuerRecord } from './trusted-issuer-record.js';
import type { IssuerTrust } from '../tokens/verified-token.js';
import { type RefusedKey, readVerificationKeys } from '../keys/verification-keys.js';

/** What became of fetching an issuer's keys: for metrics and the log. */
export interface KeyRefresh {
  issuer: string;
  failure: UpstreamError['failure'] | undefined;
  /** What the log may say of a failure. */
  detail: string | undefined;
  refused: readonly RefusedKey[];
}

export interface RemoteIssuerOptions {
  http: HttpClient;
  /** The client for an issuer whose server asks for more than others; default: `http`. */
  httpFor?: (record: TrustedIssuerRecord) => HttpClient;
  clock: Clock;
  onRefresh?: (refresh: KeyRefresh) => void;
}

interface IssuerEntry {
  issuer: TrustedIssuer;
  check?: () => Promise<UpstreamError | undefined>;
}

/** Half of what a probe waits for a part: an issuer that hangs is named by the check, not by the probe's own deadline. */
const CHECK_MS = 500;

/** Longest remaining lifetime of a foreign token unless its issuer is configured otherwise (docs/security.md T12). */
const FOREIGN_LIFETIME_SECONDS = 86_400;
const CONFIGURED_KEYS = { symmetric: true, privateMembers: true };

/** Issuers whose keys stand in the configuration. @throws FileError for a record without usable `jwks`. */
export function createStaticIssuerKeys({ issuers }: { issuers: readonly TrustedIssuerRecord[] }): IssuerKeys {
  return issuerTable(issuers.map((record) => staticIssuer(record)));
}

/** Issuers whose keys are fetched, from a `jwksUri` or by OpenID discovery; no request before the first token. */
export function createOpenidIssuerKeys(
  options: RemoteIssuerOptions & { issuers: readonly TrustedIssuerRecord[] },
): IssuerKeys {
  return issuerTable(options.issuers.map((record) => remoteIssuer(record, options)));
}

/**
 * Issuers of both kinds out of a list that may be replaced while running (`TRUSTED_ISSUERS_FILE`). An issuer whose
 * record did not change keeps its fetched keys.
 *
 * @example
 * const file = watchFile(runtime, { path, variable, parse: parseTrustedIssuers, intervalSeconds: 5 });
 * const issuers = createIssuerKeys({ http, clock, current: () => file.current() });
 */
export function createIssuerKeys(
  options: RemoteIssuerOptions & { current: () => readonly TrustedIssuerRecord[] },
): IssuerKeys {
  let records: readonly TrustedIssuerRecord[] = [];
  let entries = new Map<string, IssuerEntry>();
  let table = issuerTable([]);
  const currentTable = (): IssuerKeys => {
    const current = options.current();
    if (current === records) return table;
    const made = current.map((record): [string, IssuerEntry] => {
      const identity = JSON.stringify(record);
      return [identity, entries.get(identity) ?? issuerEntry(record, options)];
    });
    [records, entries, table] = [current, new Map(made), issuerTable(made.map(([, entry]) => entry))];
    return table;
  };
  return {
    keysFor: (issuer) => currentTable().keysFor(issuer),
    issuers: () => currentTable().issuers(),
    check: async () => (await currentTable().check?.()) ?? [],
  };
}

/**
 * Our own tokens, verified with the keys that sign them; `typ: at+jwt` is required (RFC 8725 section 3.11) unless they
 * are signed without it (IMS).
 */
export function ownIssuerKeys(
  issuer: string,
  keyStore: KeyStore,
  { requireAccessTokenType = true }: { requireAccessTokenType?: boolean } = {},
): IssuerKeys {
  const record: TrustedIssuerRecord = { issuer, own: true, requireAccessTokenType };
  const candidates: TrustedIssuer['candidates'] = async (header) =>
    selectKeys(await keyStore.verificationKeys(), header);
  return issuerTable([{ issuer: { ...termsOf(record), candidates } }]);
}

function issuerTable(entries: readonly IssuerEntry[]): IssuerKeys {
  const table = new Map(entries.map((entry) => [entry.issuer.issuer, entry.issuer]));
  return {
    keysFor: (issuer) => table.get(issuer),
    issuers: () => [...table.keys()],
    check: async () => {
      const problems = await Promise.all(entries.map((entry) => problemOf(entry)));
      return problems.filter((problem) => problem !== undefined);
    },
  };
}

async function problemOf({ issuer: { issuer }, check }: IssuerEntry): Promise<IssuerProblem | undefined> {
  const problem = await check?.();
  return problem && { issuer, failure: problem.failure };
}

function issuerEntry(record: TrustedIssuerRecord, options: RemoteIssuerOptions): IssuerEntry {
  return record.jwks === undefined ? remoteIssuer(record, options) : staticIssuer(record);
}

function staticIssuer(record: TrustedIssuerRecord): IssuerEntry {
  const read = record.jwks && readVerificationKeys(record.jwks, CONFIGURED_KEYS);
  if (read === undefined || read.keys.length === 0) throw fileProblem(record.issuer, 'has no usable key');
  const { keys } = read;
  return { issuer: { ...termsOf(record), candidates: (header) => Promise.resolve(selectKeys(keys, header)) } };
}

function remoteIssuer(record: TrustedIssuerRecord, options: RemoteIssuerOptions): IssuerEntry {
  const { http, httpFor, clock, onRefresh } = options;
  const fetchKeys = createKeyFetch(record, httpFor?.(record) ?? http);
  const fetch = async (): Promise<VerificationKey[]> => {
    const { issuer } = record;
    try {
      const { keys, refused } = await fetchKeys();
      onRefresh?.({ issuer, failure: undefined, detail: undefined, refused });
      return keys;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const { failure, detail } = error;
      onRefresh?.({ issuer, failure, detail, refused: [] });
      throw error;
    }
  };
  const cache = createKeySetCache({ clock, fetch });
  const candidates: TrustedIssuer['candidates'] = (header) =>
    isHmac(header.alg) ? Promise.resolve([]) : cache.candidates(header);
  return { issuer: { ...termsOf(record), candidates }, check: () => cache.check(CHECK_MS) };
}

function termsOf(record: TrustedIssuerRecord): Omit<TrustedIssuer, 'candidates'> {
  const { issuer, audience, algorithms, own = false, requireAccessTokenType = own } = record;
  const trust: IssuerTrust = {
    own,
    mayAssertMayAct: own || record.mayAssertMayAct === true,
    mayAssertAct: own || record.mayAssertAct === true,
    allowIdTokens: record.allowIdTokens === true,
    ...(record.mayAssertUsers === true && { mayAssertUsers: true }),
  };
  const maxLifetimeSeconds = record.maxLifetimeSeconds ?? (own ? undefined : FOREIGN_LIFETIME_SECONDS);
  return {
    issuer,
    trust,
    ...(audience && { audience }),
    ...(algorithms && { algorithms }),
    ...(maxLifetimeSeconds !== undefined && { maxLifetimeSeconds }),
    requireAccessTokenType,
    ...(record.tokens && { tokens: record.tokens }),
  };
}
