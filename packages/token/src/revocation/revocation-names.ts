import type { ChainedActor } from '@mandate/oauth';
import type { Revocation, RevocationQuestion } from './revocation-store.js';

/** Later than `iat` of any token: an entry that ends whatever has its name. Epoch seconds, the year 10000. */
const ALWAYS = 253_402_300_800;

/** One entry of a store: the tokens of this name issued before `before` are revoked. Times are epoch seconds. */
export interface RevocationEntry {
  name: string;
  before: number;
  expiresAt: number;
}

/** The name of a token, of a grant, or of all tokens of a client. */
export function nameOf(kind: 'token' | 'client', id: string): string {
  return JSON.stringify([kind, id]);
}

/**
 * The names to ask for the cut-offs of identities. Where the issuer of one is not known it may be anybody of that `sub`,
 * so every cut-off of the `sub` counts; else those of the pair, and those of the `sub` at every issuer.
 */
export function identityQuestions(kind: 'subject' | 'actor', identities: readonly ChainedActor[]): Set<string> {
  const names = new Set<string>();
  for (const { iss, sub } of identities) {
    names.add(JSON.stringify(iss === undefined ? [kind, 'some issuer', sub] : [kind, 'at', iss, sub]));
    if (iss !== undefined) names.add(JSON.stringify([kind, 'every issuer', sub]));
  }
  return names;
}

/** The names under which a cut-off of an identity is kept, the counterpart of {@link identityQuestions}. */
function identityNames(kind: 'subject' | 'actor', { iss, sub }: ChainedActor): string[] {
  const some = JSON.stringify([kind, 'some issuer', sub]);
  return [some, JSON.stringify(iss === undefined ? [kind, 'every issuer', sub] : [kind, 'at', iss, sub])];
}

/** What a store keeps for a revocation. */
export function revocationEntries(revocation: Revocation): RevocationEntry[] {
  const { kind, expiresAt } = revocation;
  switch (kind) {
    case 'token':
      return [{ name: nameOf(kind, revocation.id), before: ALWAYS, expiresAt }];
    case 'client':
      return [{ name: nameOf(kind, revocation.clientId), before: revocation.before, expiresAt }];
    case 'subject':
    case 'actor': {
      const { identity, before } = revocation;
      return identityNames(kind, identity).map((name) => ({ name, before, expiresAt }));
    }
  }
}

/** Whether one of the tokens was issued before an entry under one of its names; `beforeOf` finds that of a name. */
export function isAnyEnded(
  questions: readonly RevocationQuestion[],
  beforeOf: (name: string) => number | undefined,
): boolean {
  return questions.some(({ ids, cutOffs, issuedAt }) => {
    const isEnded = (name: string): boolean => {
      const before = beforeOf(name);
      return before !== undefined && (issuedAt === undefined || issuedAt < before);
    };
    return ids.some(isEnded) || cutOffs.some(isEnded);
  });
}
