import type { VerifiedToken } from '../tokens/verified-token.js';

type DerivedToken = Pick<VerifiedToken, 'claims' | 'id' | 'trust'>;

/** Identifiers of the tokens this one was derived from, root first (docs/delegation.md section 6). Believed from our own issuers only. */
export function ancestorsOf({ trust, claims }: Omit<DerivedToken, 'id'>): string[] {
  const anc = claims['anc'];
  return trust.own && Array.isArray(anc) ? anc.filter((id) => typeof id === 'string') : [];
}

/** The identifier of the whole delegation, that of its root: `authGrantId` of our own issuers, else the token's own. */
export function grantIdOf({ trust, claims, id }: DerivedToken): string {
  const grantId = claims['authGrantId'];
  return trust.own && typeof grantId === 'string' && grantId !== '' ? grantId : id;
}
