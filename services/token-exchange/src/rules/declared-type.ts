import { TOKEN_TYPE, type TokenType } from '@mandate/oauth';
import type { TokenKind } from '@mandate/token';
import type { PresentedToken } from '../exchange/exchange-request.js';
import type { Party } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';
import type { TokenRole } from './presented-tokens.js';

/** What a token may be that is declared as each type. A JWT without marks of its own is whatever it was declared. */
const KINDS: Readonly<Record<TokenType, readonly TokenKind[]>> = {
  [TOKEN_TYPE.accessToken]: ['access_token', 'jwt'],
  [TOKEN_TYPE.idToken]: ['id_token', 'jwt'],
  [TOKEN_TYPE.jwt]: ['access_token', 'id_token', 'jwt'],
  [TOKEN_TYPE.amSession]: ['am_session'],
  [TOKEN_TYPE.loginHint]: [],
};

/** A declared type must be what the token is; `jwt` declares only the format. */
export function checkDeclaredType(role: TokenRole, presented: PresentedToken, { token }: Party): Checked {
  const kind = token?.kind;
  if (kind === undefined) return passed();
  const facts = () => ({ token: role, kind });
  if (KINDS[presented.declaredType].includes(kind)) return passed(facts);
  return refused('token_type_mismatch', `the ${role} token declared as the ${kind} it is`, facts);
}
