import { TOKEN_TYPE } from '@mandate/oauth';
import type { PresentedToken } from '../exchange/exchange-request.js';
import type { Party } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';
import type { TokenRole } from './presented-tokens.js';

/**
 * A declared type must be what the token is; `jwt` declares only the format. A token
 * without marks of its own is whatever it was declared.
 */
export function checkDeclaredType(role: TokenRole, presented: PresentedToken, { token }: Party): Checked {
  const declared = presented.declaredType;
  const kind = token?.kind;
  if (kind === undefined) return passed();
  const facts = () => ({ token: role, kind });
  const contradicts =
    (declared === TOKEN_TYPE.accessToken && kind === 'id_token') ||
    (declared === TOKEN_TYPE.idToken && kind === 'access_token') ||
    (declared === TOKEN_TYPE.amSession) !== (kind === 'am_session');
  if (!contradicts) return passed(facts);
  return refused('token_type_mismatch', `the ${role} token declared as the ${kind} it is`, facts);
}
