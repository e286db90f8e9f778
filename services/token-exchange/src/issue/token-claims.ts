import { type Agreement, agreementDetail } from '@mandate/delegations';
import { type ActClaim, type Identity, additionalClaims, audienceClaim, formatScope } from '@mandate/oauth';
import type { Authority } from '@mandate/policy';
import type { JsonObject } from '@mandate/ports';
import { type ClientIdentity, clientIssuerClaim, subjectIdClaim, withoutIdTokenMarks } from '@mandate/token';
import type { Lineage } from '../rules/lineage.js';

/** A token inside a token. Its lineage is completed by the token around it, once that has a name. */
export interface EmbeddedToken {
  claim: string;
  token: IssuedToken;
}

/** A token that a permit leads to, as data. Times are epoch seconds. */
export interface IssuedToken extends Pick<Authority, 'audiences' | 'additionalClaims' | 'carriedClaims'> {
  issuer: string;
  subject: Identity;
  client: ClientIdentity;
  scopes: readonly string[];
  act: ActClaim | undefined;
  /** Whom the subject acts as, where the token says it in this form. */
  actAs: ActClaim | undefined;
  /** What the person agreed to of whose word it comes: it binds whoever exchanges the token further. */
  agreement: Agreement | undefined;
  /** The tokens inside it. */
  embedded: readonly EmbeddedToken[];
  lineage: Lineage;
  issuedAt: number;
  expiresAt: number;
}

/**
 * The claims of a token, `jti` excepted (RFC 9068 section 2.2). The policy's additional claims never override a
 * registered one, but may put `may_act` back; nothing that it copies from elsewhere makes it an ID token.
 */
export function renderClaims(token: IssuedToken): JsonObject {
  const subjectId = subjectIdClaim(token.issuer, token.subject);
  return {
    ...withoutIdTokenMarks({ ...token.carriedClaims, ...additionalClaims(token.additionalClaims, ['may_act']) }),
    iss: token.issuer,
    sub: token.subject.sub,
    ...(subjectId !== undefined && { sub_id: subjectId }),
    aud: audienceClaim(token.audiences),
    client_id: token.client.clientId,
    ...clientIssuerClaim(token.client),
    scope: formatScope(token.scopes),
    scp: [...token.scopes],
    ...(token.act !== undefined && { act: token.act }),
    ...(token.actAs !== undefined && { act_as: token.actAs }),
    ...(token.agreement && { authorization_details: [agreementDetail(token.agreement)] }),
    iat: token.issuedAt,
    nbf: token.issuedAt,
    exp: token.expiresAt,
    anc: token.lineage.ancestors,
    authGrantId: token.lineage.grantId,
  };
}
