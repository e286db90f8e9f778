import type { TokenOfExchange } from './rules/presented-tokens.js';

/** Where a token comes from (delegation-rules.md section 6). */
export interface Lineage {
  /** Identifiers of every token it was derived from, root first. */
  ancestors: string[];
  /** The root's, the same along the whole chain. */
  grantId: string;
}

/** The lineage of a token derived from these. Ancestors are believed from our own issuers only. */
export function lineageOf(subject: TokenOfExchange, actor: TokenOfExchange | undefined): Lineage {
  const parents = actor === undefined ? [subject] : [subject, actor];
  return {
    ancestors: [...new Set(parents.flatMap((token) => [...ancestorsOf(token), token.id]))],
    grantId: grantIdOf(subject),
  };
}

function ancestorsOf({ trust, claims }: TokenOfExchange): string[] {
  const anc = claims['anc'];
  return trust.own && Array.isArray(anc) ? anc.filter((id) => typeof id === 'string') : [];
}

function grantIdOf({ trust, claims, id }: TokenOfExchange): string {
  const grantId = claims['authGrantId'];
  return trust.own && typeof grantId === 'string' && grantId !== '' ? grantId : id;
}
