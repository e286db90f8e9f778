import { TOKEN_EXCHANGE_GRANT } from '@mandate/oauth';
import { type ExchangeRequestSyntax, parseExchangeRequest } from '../exchange/exchange-request.js';
import type { DelegationGrant } from '../exchange/inquiry.js';
import { readExchange, type TokenReading } from '../exchange/read-exchange.js';

/** The token exchange grant (RFC 8693): the parties are whom the presented tokens are about. */
export function createTokenExchangeGrant(options: {
  reading: TokenReading;
  syntax: ExchangeRequestSyntax;
}): DelegationGrant {
  return {
    grantType: TOKEN_EXCHANGE_GRANT,
    read(form, by) {
      const request = parseExchangeRequest(form, options.syntax, by.caller.client?.defaultTargets);
      return readExchange(request, by, options.reading);
    },
  };
}
