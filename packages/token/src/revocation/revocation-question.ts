import { actorsOf, parseActChain } from '@mandate/oauth';
import { ancestorsOf, grantIdOf } from './lineage.js';
import { identityQuestions, nameOf } from './revocation-names.js';
import type { RevocationQuestion, RevocationStore } from './revocation-store.js';
import { subjectIdentityOf } from '../tokens/subject-identity.js';
import type { VerifiedToken } from '../tokens/verified-token.js';

/**
 * What could have ended a token (docs/delegation.md section 6): its identifier, those of its ancestors and its grant,
 * and the cut-offs of its subject, its client and every actor of its chain.
 */
export function revocationQuestionOf(token: VerifiedToken): RevocationQuestion {
  const { subject, clientId, issuedAt, claims } = token;
  const ids = new Set([token.id, ...ancestorsOf(token), grantIdOf(token)]);
  // Nobody's `act` is disbelieved here: a forged one can only end the token that carries it.
  const actors = actorsOf(parseActChain(claims['act']) ?? undefined);
  const cutOffs = [
    ...(subject === undefined ? [] : identityQuestions('subject', subjectIdentityOf(token, subject))),
    ...(clientId === undefined ? [] : [nameOf('client', clientId)]),
    ...actors.flatMap((actor) => identityQuestions('actor', actor)),
  ];
  return { ids: [...ids].map((id) => nameOf('token', id)), cutOffs: [...new Set(cutOffs)], issuedAt };
}

/** As {@link revocationQuestionOf}, for a token with which its subject acts: the cut-offs of an actor end it too. */
function actorRevocationQuestionOf(token: VerifiedToken): RevocationQuestion {
  const question = revocationQuestionOf(token);
  if (token.subject === undefined) return question;
  const acting = identityQuestions('actor', subjectIdentityOf(token, token.subject));
  return { ...question, cutOffs: [...new Set([...question.cutOffs, ...acting])] };
}

/** Whether one of the tokens is revoked: one question, one round trip. @throws UpstreamError when it cannot be told. */
export function isRevoked(
  store: RevocationStore,
  tokens: readonly VerifiedToken[],
  { actors = [] }: { actors?: readonly VerifiedToken[] } = {},
): Promise<boolean> {
  return store.isAnyRevoked([...tokens.map(revocationQuestionOf), ...actors.map(actorRevocationQuestionOf)]);
}
