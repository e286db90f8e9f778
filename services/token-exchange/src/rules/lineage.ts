import { ancestorsOf, grantIdOf } from '@mandate/token';
import { type Checked, passed, refused } from '../trail.js';
import type { TokenOfExchange } from './presented-tokens.js';

/** Where a token comes from (docs/delegation.md section 6). */
export interface Lineage {
  /** Identifiers of every token it was derived from, root first. */
  ancestors: string[];
  /** The root's, the same along the whole chain. */
  grantId: string;
}

/** Never truncated: a lineage that would not fit a token cannot be extended. */
const MAX_ANCESTORS = 64;

/** The lineage of a token derived from these: ancestors of the subject, the subject, then the same of the actor. */
export function buildLineage(subject: TokenOfExchange, actor: TokenOfExchange | undefined): Checked<Lineage> {
  const parents = actor === undefined ? [subject] : [subject, actor];
  const ancestors = [...new Set(parents.flatMap((token) => [...ancestorsOf(token), token.id]))];
  const facts = { ancestors: ancestors.length, grant: grantIdOf(subject) };
  if (ancestors.length <= MAX_ANCESTORS) return passed(facts, { ancestors, grantId: grantIdOf(subject) });
  return refused('lineage_too_long', `tokens derived from at most ${MAX_ANCESTORS} others`, facts);
}
