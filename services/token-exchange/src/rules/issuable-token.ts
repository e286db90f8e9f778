import { refusalOfClaims } from '@mandate/token';
import { type IssuedToken, renderClaims } from '../issue/token-claims.js';
import { type Checked, passed, refused } from './checked.js';

/** Section 5: what no verifier would accept is not issued, for it would be inactive from the first moment on. */
export function checkIssuable(token: IssuedToken): Checked {
  const problem = refusalOfClaims(renderClaims(token));
  if (problem === undefined) return passed();
  return refused('token_unacceptable', 'fewer scopes, audiences or claims in the token', () => ({ problem }));
}
