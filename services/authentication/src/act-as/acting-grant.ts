import type { ClientCaller } from '@mandate/clients';
import { OAuthError, parseActAs } from '@mandate/oauth';
import type { Grant } from '@mandate/token-endpoint';
import type { IssueToken } from '../issue/issue-token.js';
import type { ActAsExchange } from './act-as-exchange.js';

export interface ActingGrantOptions {
  issueToken: IssueToken;
  /** `undefined`: nobody acts as anybody here. */
  exchange: ActAsExchange | undefined;
  /** Prefixes of scopes that name whom to act as. */
  prefixes: readonly string[];
  /** What the party's token needs at token-exchange. */
  exchangeScope: string;
}

/**
 * A grant whose party may also act as somebody (docs/acting-as.md): it is authenticated as ever, and what is issued to
 * it then goes to token-exchange instead of to the client. That token is good for the client alone and for nothing but
 * to ask there, whatever the client's record allows: it gives whoever sees it on its way no more than the question.
 */
export function createActingGrant(
  make: (issueToken: IssueToken) => Grant<ClientCaller>,
  { issueToken, exchange, prefixes, exchangeScope }: ActingGrantOptions,
): Grant<ClientCaller> {
  const usual = make(issueToken);
  const asking = make((order) => issueToken({ ...order, audience: [], scopes: [exchangeScope] }));
  return {
    ...usual,
    async issue(request) {
      const { form, confirmation } = request;
      if (parseActAs(form, prefixes) === undefined) return usual.issue(request);
      if (confirmation !== undefined)
        throw new OAuthError('invalid_request', 'A client with bound tokens acts as nobody');
      if (exchange === undefined) throw new OAuthError('invalid_scope', 'Nobody can act as somebody else here');
      const withoutScope = new Map([...form].filter(([name]) => name !== 'scope'));
      const { token } = await asking.issue({ ...request, form: withoutScope });
      return exchange.exchange({ token, form, request });
    },
  };
}
