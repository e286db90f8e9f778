import type { KeyObject } from 'node:crypto';
import { type UpstreamFailure, oncePer } from '@mandate/ports';
import type { IssuedTokens } from '../tokens/token-kind.js';
import type { IssuerTrust } from '../tokens/verified-token.js';

/** A key that verifies, with the algorithms it may verify: bound to the key, never taken from a token's header. */
export interface VerificationKey {
  kid?: string;
  algorithms: readonly string[];
  key: KeyObject;
}

/** The part of a JOSE header that selects a key. */
export interface KeySelector {
  alg: string;
  kid?: string | undefined;
}

/** An issuer whose tokens are accepted, and on what terms. */
export interface TrustedIssuer {
  issuer: string;
  trust: IssuerTrust;
  /** A token's `aud` must have one of these; absent: any. */
  audience?: readonly string[];
  /** Narrows the algorithms of the keys; absent: whatever the key allows. */
  algorithms?: readonly string[];
  /** Longest remaining lifetime accepted. */
  maxLifetimeSeconds?: number;
  /** `typ` must be `at+jwt` (RFC 9068 section 4). */
  requireAccessTokenType: boolean;
  /** What its tokens are that do not say it themselves. */
  tokens?: IssuedTokens;
  /** The keys to try, none for an unknown key. @throws UpstreamError when the issuer's keys cannot be had. */
  candidates(header: KeySelector): Promise<VerificationKey[]>;
}

/** An issuer whose keys cannot be fetched now; those that were known before may still serve. */
export interface IssuerProblem {
  issuer: string;
  failure: UpstreamFailure;
}

/** Port: trusted issuers, looked up by their exact name. */
export interface IssuerKeys {
  /** The same object for as long as the terms are the same, which never change in it. */
  keysFor(issuer: string): TrustedIssuer | undefined;
  issuers(): string[];
  /** Fetches what is missing and names the issuers that do not answer; waits for none of them longer than half a second. */
  check?(): Promise<IssuerProblem[]>;
}

/**
 * The keys of one issuer to try for a header: those of the `kid` that fit `alg`; where the `kid` names a key of another
 * algorithm (AM does that), all that fit; where it names none, those without a `kid` that fit.
 */
export function selectKeys(keys: readonly VerificationKey[], { alg, kid }: KeySelector): VerificationKey[] {
  const fitting = keys.filter((key) => key.algorithms.includes(alg));
  if (kid === undefined) return fitting;
  const named = fitting.filter((key) => key.kid === kid);
  if (named.length > 0) return named;
  return keys.some((key) => key.kid === kid) ? fitting : fitting.filter((key) => key.kid === undefined);
}

/** Several sources of issuers as one; the first that knows an issuer answers for it (`ISSUER_JWK_STORE` order). */
export function combineIssuerKeys(sources: readonly IssuerKeys[]): IssuerKeys {
  return {
    keysFor(issuer) {
      for (const source of sources) {
        const found = source.keysFor(issuer);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    issuers: () => [...new Set(sources.flatMap((source) => source.issuers()))],
    check: async () => {
      const problems = await Promise.all(sources.map(async (source) => source.check?.()));
      return problems.flatMap((found) => found ?? []);
    },
  };
}

/**
 * The configured issuers and our own. Our own name keeps the terms of `own`, but verifies with the keys configured for
 * it too: another of our services may issue under the same name with a key of its own. Whether it may assert users is
 * said nowhere but in its record.
 */
export function withOwnIssuer(trusted: IssuerKeys, own: IssuerKeys): IssuerKeys {
  const united = oncePer((ours: TrustedIssuer) => oncePer((configured: TrustedIssuer) => unite(ours, configured)));
  return {
    ...combineIssuerKeys([own, trusted]),
    keysFor(issuer) {
      const [ours, configured] = [own.keysFor(issuer), trusted.keysFor(issuer)];
      return ours === undefined || configured === undefined ? (ours ?? configured) : united(ours)(configured);
    },
  };
}

function unite(ours: TrustedIssuer, configured: TrustedIssuer): TrustedIssuer {
  const candidates: TrustedIssuer['candidates'] = async (header) => {
    const known = await ours.candidates(header);
    return known.some(({ kid }) => kid === header.kid) ? known : [...known, ...(await configured.candidates(header))];
  };
  const { mayAssertUsers } = configured.trust;
  return { ...ours, trust: { ...ours.trust, ...(mayAssertUsers === true && { mayAssertUsers }) }, candidates };
}

/** The issuers, of which our own all name our clients as `clientIssuer` does: a client has one identity. */
export function withClientIssuer(issuers: IssuerKeys, clientIssuer: string): IssuerKeys {
  const named = oncePer((own: TrustedIssuer) => ({ ...own, trust: { ...own.trust, clientIssuer } }));
  return {
    ...issuers,
    keysFor(issuer) {
      const found = issuers.keysFor(issuer);
      return found?.trust.own === true ? named(found) : found;
    },
  };
}
