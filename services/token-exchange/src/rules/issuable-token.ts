import { refusalOfClaims } from '@mandate/token';
import type { JsonObject } from '@mandate/ports';
import { type Checked, passed, refused } from './checked.js';

/** Section 5: what no verifier would accept is not issued, for it would be inactive from the first moment on. */
export function checkIssuable(claims: JsonObject): Checked {
  const problem = refusalOfClaims(claims);
  if (problem === undefined) return passed();
  return refused('token_unacceptable', 'fewer scopes, audiences or claims in the token', () => ({ problem }));
}
