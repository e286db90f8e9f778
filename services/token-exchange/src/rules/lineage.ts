import { distinct } from '@mandate/oauth';
import { ancestorsOf, grantIdOf } from '@mandate/token';
import type { RuleSettings } from './rule-settings.js';
import { type Question, tokensOf } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';

/** Where a token comes from (docs/delegation.md section 6). */
export interface Lineage {
  /** Identifiers of every token it was derived from, root first. */
  ancestors: string[];
  /** The root's, the same along the whole chain. */
  grantId: string;
}

/** Never truncated: a lineage that would not fit a token cannot be extended. */
const MAX_ANCESTORS = 64;

/**
 * Section 10: the exchange of a foreign token is the root of a delegation of its own, where those are recorded too. What
 * a login hint leads to is what the person agrees to.
 */
export function beginsDelegation(
  question: Pick<Question, 'origin' | 'subject' | 'actor'>,
  { delegationRecords }: Pick<RuleSettings, 'delegationRecords'>,
): boolean {
  const [root] = tokensOf(question);
  return delegationRecords === 'all' && question.origin !== 'login_hint' && root?.trust.own === false;
}

/**
 * The lineage of a token derived from these: ancestors of the subject, the subject, then the same of the actor. The
 * grant is that of the first token there is; where a delegation begins that has a name of its own, it is an ancestor.
 * @throws TypeError for a question that no token stands behind: nothing could ever end what came of it.
 */
export function buildLineage(question: Question, settings: Pick<RuleSettings, 'delegationRecords'>): Checked<Lineage> {
  const parents = tokensOf(question);
  const [root] = parents;
  if (root === undefined) throw new TypeError('a lineage begins with a token');
  const grantId = grantIdOf(root);
  const grants = beginsDelegation(question, settings) ? [grantId] : [];
  const ancestors = distinct([...grants, ...parents.flatMap((token) => [...ancestorsOf(token), token.id])]);
  const facts = () => ({ ancestors: ancestors.length, grant: grantId });
  if (ancestors.length <= MAX_ANCESTORS) return passed(facts, { ancestors, grantId });
  return refused('lineage_too_long', `tokens derived from at most ${MAX_ANCESTORS} others`, facts);
}
