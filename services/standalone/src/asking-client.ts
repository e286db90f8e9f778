import { CIBA_GRANT } from '@mandate/oauth';
import { isJsonObject, UpstreamError } from '@mandate/ports';
import type { Logger } from '@mandate/service-kit';
import { createLocalTransport, type LocalAuthentication } from '@mandate/token-exchange';

/** What is amiss, by what authentication says to a client that comes for an answer. */
const AMISS: Readonly<Record<string, string>> = {
  invalid_client: 'no client has this id and this secret',
  unauthorized_client: `the record of this client does not have ${CIBA_GRANT} in grantTypes`,
};

/**
 * Says at start what keeps token-exchange from asking people: it comes for an answer that nobody was asked for, as the
 * client it will ask as. Otherwise the first call to the help-desk would be the one to find out, by a 503.
 */
export async function reportAskingClient(authentication: LocalAuthentication, logger: Logger): Promise<void> {
  const { clientId: client } = authentication.client;
  const reason = await whatIsAmiss(authentication, logger);
  if (reason === undefined) return;
  const variables = 'CONSENT_CLIENT_ID, CONSENT_CLIENT_SECRET';
  const problem = 'set CONSENT_CLIENT_ID and CONSENT_CLIENT_SECRET to a client that may ask, or CIBA_CHANNEL=off';
  logger.warn('nobody can be asked by the help-desk call', { variables, client, reason, problem });
}

async function whatIsAmiss(authentication: LocalAuthentication, logger: Logger): Promise<string | undefined> {
  const send = createLocalTransport(authentication, { logger });
  const context = { transactionId: 'start', traceparent: undefined, signal: () => new AbortController().signal };
  try {
    const { body } = await send('poll', { grant_type: CIBA_GRANT, auth_req_id: 'none' }, context);
    const error = isJsonObject(body) ? body['error'] : undefined;
    return typeof error === 'string' ? AMISS[error] : undefined;
  } catch (error) {
    return error instanceof UpstreamError ? `${error.dependency} does not answer` : 'asking it failed';
  }
}
