import { ancestorsOf, grantIdOf } from '@mandate/token';
import type { TokenOfExchange } from './rules/presented-tokens.js';

/** Where a token comes from (delegation-rules.md section 6). */
export interface Lineage {
  /** Identifiers of every token it was derived from, root first. */
  ancestors: string[];
  /** The root's, the same along the whole chain. */
  grantId: string;
}

/** The lineage of a token derived from these: ancestors of the subject, the subject, then the same of the actor. */
export function lineageOf(subject: TokenOfExchange, actor: TokenOfExchange | undefined): Lineage {
  const parents = actor === undefined ? [subject] : [subject, actor];
  return {
    ancestors: [...new Set(parents.flatMap((token) => [...ancestorsOf(token), token.id]))],
    grantId: grantIdOf(subject),
  };
}
