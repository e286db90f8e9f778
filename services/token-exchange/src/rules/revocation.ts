import { isRevoked, type RevocationStore } from '@mandate/token';
import { type Checked, passed, refused } from '../trail.js';
import type { TokenOfExchange } from './presented-tokens.js';

/**
 * Section 6: a chain that is revoked, by any of its tokens or by a cut-off, cannot be extended. One question for the
 * whole lineage of both tokens.
 * @throws UpstreamError when the store cannot tell.
 */
export async function checkRevocation(
  subject: TokenOfExchange,
  actor: TokenOfExchange | undefined,
  store: RevocationStore,
): Promise<Checked> {
  const actors = actor === undefined ? [] : [actor];
  const facts = { tokens: [subject, ...actors].map(({ id }) => id) };
  if (!(await isRevoked(store, [subject], { actors }))) return passed(facts);
  return refused('ancestor_revoked', 'tokens that are not revoked, nor derived from one that is', facts);
}
