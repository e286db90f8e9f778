import { OAuthError } from '@mandate/oauth';
import { isJsonObject } from '@mandate/ports';
import { type EndpointResponse, type TokenEndpoint, localRequest } from '@mandate/service-kit';
import { type ActAsExchange, actAsForm } from './act-as-exchange.js';
import { readGrantedToken, refusalOf } from './exchange-answer.js';

/** token-exchange in this very process: its endpoint of the JWT bearer grant, asked as over HTTP, without the hop. */
export function createLocalActAsExchange(endpoint: Pick<TokenEndpoint, 'handle'>): ActAsExchange {
  return {
    async exchange({ token, form, request: { address, context, signal } }) {
      const { body } = await answerOf(() =>
        endpoint.handle(
          localRequest({
            form: actAsForm({ token, form }),
            authorization: { scheme: 'bearer', token },
            address,
            context,
            signal,
          }),
        ),
      );
      return readGrantedToken(isJsonObject(body) ? body : undefined);
    },
  };
}

async function answerOf(ask: () => Promise<EndpointResponse>): Promise<EndpointResponse> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw refusalOf(error.status, { error: error.code, error_description: error.description });
  }
}
