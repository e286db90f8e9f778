import { subjectIdentityOf, type TokenRefusal, type TokenVerifier } from '@mandate/token';
import type { PresentedToken } from '../exchange/exchange-request.js';
import type { Party } from '../exchange/question.js';
import { type Checked, passed } from './checked.js';

export type TokenRole = 'subject' | 'actor' | 'assertion';

/**
 * Verifies a presented token: signature, issuer and times, and that it names somebody.
 * @throws UpstreamError when the issuer's keys cannot be had.
 */
export async function verifyPresentedToken(
  role: TokenRole,
  presented: Pick<PresentedToken, 'token'>,
  verifier: TokenVerifier,
): Promise<Checked<Party>> {
  const result = await verifier.verify(presented.token);
  const name = role === 'assertion' ? role : `${role} token`;
  if (!result.ok) return invalidToken(role, `a valid ${name}`, result.reason);
  const { token } = result;
  if (token.subject === undefined) return invalidToken(role, `a sub in the ${name}`, 'no_subject');
  const identity = subjectIdentityOf(token, token.subject);
  return passed(() => ({ ...identity, kind: token.kind }), { identity, claims: token.claims, token });
}

const INVALID = {
  subject: 'subject_token_invalid',
  actor: 'actor_token_invalid',
  assertion: 'assertion_invalid',
} as const;

function invalidToken(role: TokenRole, needs: string, cause: TokenRefusal | 'no_subject'): Checked<never> {
  return { ok: false, reason: INVALID[role], needs, facts: () => ({ problem: cause }), cause };
}
