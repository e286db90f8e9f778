import { isRevoked, type RevocationStore } from '@mandate/token';
import { type Question, tokensOf } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';

/**
 * Section 6: a chain that is revoked, by any of its tokens or by a cut-off, cannot be extended. One question for the
 * whole lineage of both tokens.
 * @throws UpstreamError when the store cannot tell.
 */
export async function checkRevocation(question: Question, store: RevocationStore): Promise<Checked> {
  const { subject, actor } = question;
  const subjects = subject.token === undefined ? [] : [subject.token];
  const actors = actor?.token === undefined ? [] : [actor.token];
  const facts = () => ({ tokens: tokensOf(question).map(({ id }) => id) });
  if (!(await isRevoked(store, subjects, { actors }))) return passed(facts);
  return refused('ancestor_revoked', 'tokens that are not revoked, nor derived from one that is', facts);
}
