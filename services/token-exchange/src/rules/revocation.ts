import { isGrantRevoked, isRevoked, type RevocationStore } from '@mandate/token';
import { type Question, tokensOf } from '../exchange/question.js';
import type { AgreedDelegation } from './agreement.js';
import { type Checked, passed, refused } from './checked.js';

/**
 * Section 6: a chain that is revoked, by any of its tokens or by a cut-off, cannot be extended. One question for the
 * whole lineage of both tokens; of one that is revoked, a second tells whether a delegation was ended.
 * @throws UpstreamError when the store cannot tell.
 */
export async function checkRevocation(
  question: Question,
  store: RevocationStore,
  agreed?: AgreedDelegation,
): Promise<Checked> {
  const { subject, actor } = question;
  const subjects = subject.token === undefined ? [] : [subject.token];
  const actors = actor?.token === undefined ? [] : [actor.token];
  const facts = () => ({ tokens: tokensOf(question).map(({ id }) => id) });
  if (!(await isRevoked(store, subjects, { actors }))) return passed(facts);
  if (agreed !== undefined && (await isGrantRevoked(store, agreed.id))) {
    return refused('delegation_ended', 'a delegation that has not ended', () => ({ delegation: agreed.id }));
  }
  return refused('ancestor_revoked', 'tokens that are not revoked, nor derived from one that is', facts);
}
