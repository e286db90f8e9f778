import { type ActClaim, type Identity, additionalClaims, audienceClaim, formatScope } from '@mandate/oauth';
import { type JsonObject } from '@mandate/ports';
import type { Authority } from '@mandate/policy';
import { subjectIdClaim } from '@mandate/token';
import type { Lineage } from './rules/lineage.js';

/** What an exchange settled on. Times are epoch seconds. */
export interface IssuedToken {
  issuer: string;
  subject: Identity;
  clientId: string;
  authority: Pick<Authority, 'audiences' | 'additionalClaims'>;
  scopes: readonly string[];
  act: ActClaim | undefined;
  lineage: Lineage;
  issuedAt: number;
  expiresAt: number;
}

/**
 * The claims of the issued token, `jti` excepted (RFC 9068 section 2.2). The policy's
 * additional claims never override a registered one, but may put `may_act` back.
 */
export function issuedClaims(issued: IssuedToken): JsonObject {
  const subjectId = subjectIdClaim(issued.issuer, issued.subject);
  return {
    ...additionalClaims(issued.authority.additionalClaims, ['may_act']),
    iss: issued.issuer,
    sub: issued.subject.sub,
    ...(subjectId !== undefined && { sub_id: subjectId }),
    aud: audienceClaim(issued.authority.audiences),
    client_id: issued.clientId,
    scope: formatScope(issued.scopes),
    scp: [...issued.scopes],
    ...(issued.act !== undefined && { act: issued.act }),
    iat: issued.issuedAt,
    nbf: issued.issuedAt,
    exp: issued.expiresAt,
    anc: issued.lineage.ancestors,
    authGrantId: issued.lineage.grantId,
  };
}
