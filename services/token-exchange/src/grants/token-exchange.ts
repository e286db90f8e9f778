import { singleParameter, TOKEN_EXCHANGE_GRANT, TOKEN_TYPE } from '@mandate/oauth';
import { type ExchangeRequestSyntax, parseExchangeRequest } from '../exchange/exchange-request.js';
import type { DelegationGrant } from '../exchange/inquiry.js';
import { parseLoginHintRequest } from '../exchange/login-hint-request.js';
import { readExchange, type TokenReading } from '../exchange/read-exchange.js';
import { type LoginHintReading, readLoginHint } from '../exchange/read-login-hint.js';

/** The token exchange grant (RFC 8693): the parties are whom the presented tokens are about, or a person to be asked. */
export function createTokenExchangeGrant(options: {
  reading: TokenReading;
  syntax: ExchangeRequestSyntax;
  /** Who asks people; `undefined`: nobody is asked, and a login hint is a token type like any that is not known. */
  asking?: Pick<LoginHintReading, 'desk' | 'subjectIssuer' | 'assumeAnswer'> | undefined;
}): DelegationGrant {
  return {
    grantType: TOKEN_EXCHANGE_GRANT,
    read(form, by) {
      const { reading, syntax, asking } = options;
      const { defaultTargets } = by.caller.client ?? {};
      if (asking !== undefined && singleParameter(form, 'subject_token_type') === TOKEN_TYPE.loginHint) {
        return readLoginHint(parseLoginHintRequest(form, syntax, defaultTargets), by, { ...reading, ...asking });
      }
      return readExchange(parseExchangeRequest(form, syntax, defaultTargets), by, reading);
    },
  };
}
