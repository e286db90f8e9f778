import { type Identity, actorsOf, parseActChain } from '@mandate/oauth';
import { oncePer } from '@mandate/ports';
import { ancestorsOf, grantIdOf } from './lineage.js';
import { identityQuestions, nameOf } from './revocation-names.js';
import type { RevocationQuestion, RevocationStore } from './revocation-store.js';
import { subjectIdentitiesOf } from '../tokens/subject-identity.js';
import type { VerifiedToken } from '../tokens/verified-token.js';

/**
 * What could have ended a token: its identifier, those of its ancestors and its grant, and the cut-offs of its subject,
 * its client and every actor of its chain. Asked by what the token says alone: services that trust its issuer in
 * different ways ask the same question, so that what one has revoked is revoked for all.
 */
export const revocationQuestionOf = oncePer((token: VerifiedToken): RevocationQuestion => {
  const { clientId, issuedAt, claims } = token;
  const ids = new Set([token.id, ...ancestorsOf(token), grantIdOf(token)]);
  // Nobody's `act` is disbelieved here: a forged one can only end the token that carries it.
  const actors = actorsOf(parseActChain(claims['act']) ?? undefined);
  // In the form `act_as` the actor is the subject, and whom they act as is named beside.
  const actedAs = actorsOf(parseActChain(claims['act_as']) ?? undefined).slice(0, 1);
  const subjects = subjectsOf(token);
  const cutOffs = identityQuestions('subject', [...subjects, ...actedAs]);
  if (clientId !== undefined) cutOffs.add(nameOf('client', clientId));
  const acting = actedAs.length > 0 ? [...subjects, ...actors] : actors;
  for (const name of identityQuestions('actor', acting)) cutOffs.add(name);
  return { ids: [...ids].map((id) => nameOf('token', id)), cutOffs: [...cutOffs], issuedAt };
});

/** As {@link revocationQuestionOf}, for a token with which its subject acts: the cut-offs of an actor end it too. */
const actorRevocationQuestionOf = oncePer((token: VerifiedToken): RevocationQuestion => {
  const question = revocationQuestionOf(token);
  const acting = identityQuestions('actor', subjectsOf(token));
  return { ...question, cutOffs: [...new Set([...question.cutOffs, ...acting])] };
});

function subjectsOf(token: VerifiedToken): Identity[] {
  return token.subject === undefined ? [] : subjectIdentitiesOf(token, token.subject);
}

/** Whether a grant was ended as a whole, with every token of it. @throws UpstreamError when it cannot be told. */
export function isGrantRevoked(store: RevocationStore, grantId: string): Promise<boolean> {
  return store.isAnyRevoked([{ ids: [nameOf('token', grantId)], cutOffs: [], issuedAt: undefined }]);
}

/** What goes on beyond its tokens: who let whom have it, and when (epoch seconds). */
export interface LastingGrant {
  grantId: string;
  subject: Identity;
  clientId: string;
  since: number;
}

/**
 * Whether a grant was ended, or everything its subject or its client had by then: no token may be issued of it any
 * more. @throws UpstreamError when it cannot be told.
 */
export function isLastingGrantRevoked(store: RevocationStore, grant: LastingGrant): Promise<boolean> {
  const { grantId, subject, clientId, since } = grant;
  const cutOffs = [...identityQuestions('subject', [subject]), nameOf('client', clientId)];
  return store.isAnyRevoked([{ ids: [nameOf('token', grantId)], cutOffs, issuedAt: since }]);
}

/**
 * Whether one of the tokens is revoked: one question, one round trip. @throws UpstreamError when it cannot be told.
 *
 * @example
 * const revoked = await isRevoked(store, [subjectToken], { actors: [actorToken] });
 */
export function isRevoked(
  store: RevocationStore,
  tokens: readonly VerifiedToken[],
  { actors = [] }: { actors?: readonly VerifiedToken[] } = {},
): Promise<boolean> {
  return store.isAnyRevoked([...tokens.map(revocationQuestionOf), ...actors.map(actorRevocationQuestionOf)]);
}
