import type { VerifiedToken } from '../tokens/verified-token.js';

/**
 * Identifiers of the tokens this one was derived from, root first. Believed of every issuer, whatever configuration
 * says of it: a forged one can only end the token that carries it.
 */
export function ancestorsOf({ claims }: Pick<VerifiedToken, 'claims'>): string[] {
  const anc = claims['anc'];
  return Array.isArray(anc) ? anc.filter((id) => typeof id === 'string') : [];
}

/** The identifier of the whole delegation, that of its root: `authGrantId`, else the token's own. Believed likewise. */
export function grantIdOf({ claims, id }: Pick<VerifiedToken, 'claims' | 'id'>): string {
  const grantId = claims['authGrantId'];
  return typeof grantId === 'string' && grantId !== '' ? grantId : id;
}
