import { type Identity, TOKEN_TYPE } from '@mandate/oauth';
import { subjectIdentityOf, type TokenVerifier, type VerifiedToken } from '@mandate/token';
import type { PresentedToken } from '../exchange-request.js';
import { type Checked, passed, refused } from '../trail.js';

/** A verified token of the exchange; its subject is known, and its kind settled by content, else by declaration. */
export interface TokenOfExchange extends VerifiedToken {
  subject: string;
  /** Whom the token is about: the pair that its root issuer named. */
  identity: Identity;
}

export type TokenRole = 'subject' | 'actor';

/**
 * Verifies a presented token: signature, issuer and times, and that it names somebody.
 * @throws UpstreamError when the issuer's keys cannot be had.
 */
export async function verifyPresentedToken(
  role: TokenRole,
  presented: PresentedToken,
  verifier: TokenVerifier,
): Promise<Checked<TokenOfExchange>> {
  const reason = role === 'subject' ? 'subject_token_invalid' : 'actor_token_invalid';
  const result = await verifier.verify(presented.token);
  if (!result.ok) return refused(reason, `a valid ${role} token`, { problem: result.reason });
  const { token } = result;
  if (token.subject === undefined) return refused(reason, `a ${role} token with a sub`, { problem: 'no_subject' });
  const identity = subjectIdentityOf(token, token.subject);
  return passed({ ...identity, kind: token.kind }, { ...token, subject: token.subject, identity });
}

/**
 * A declared type must be what the token is; `jwt` declares only the format. A token
 * without marks of its own is whatever it was declared.
 */
export function checkDeclaredType(role: TokenRole, presented: PresentedToken, token: VerifiedToken): Checked {
  const declared = presented.declaredType;
  const facts = { token: role, kind: token.kind };
  const contradicts =
    (declared === TOKEN_TYPE.accessToken && token.kind === 'id_token') ||
    (declared === TOKEN_TYPE.idToken && token.kind === 'access_token') ||
    (declared === TOKEN_TYPE.amSession) !== (token.kind === 'am_session');
  if (!contradicts) return passed(facts);
  return refused('token_type_mismatch', `the ${role} token declared as the ${token.kind} it is`, facts);
}
