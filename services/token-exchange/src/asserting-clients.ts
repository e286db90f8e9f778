import { type Clients, composeOptionalClients } from '@mandate/composition';
import type { Runtime } from '@mandate/service-kit';
import type { TokenExchangeConfig } from './config.js';

/**
 * The clients that call with a secret or a key, and may assert people (RFC 7523 section 2.1). Says at start that those of
 * the file may in vain, because it is not said whose people those are. @throws ConfigError
 */
export async function composeAssertingClients(
  config: TokenExchangeConfig,
  runtime: Runtime,
): Promise<Clients | undefined> {
  const clients = await composeOptionalClients(config, runtime);
  const count = config.ASSERTED_SUBJECT_ISSUER === undefined ? countAsserting(clients) : 0;
  if (count > 0) {
    runtime.logger.warn('mayAssertUsers of client records has no effect unless the variable is set', {
      variable: 'ASSERTED_SUBJECT_ISSUER',
      count,
    });
  }
  return clients;
}

function countAsserting(clients: Pick<Clients, 'listed'> | undefined): number {
  const records = [...(clients?.listed() ?? [])];
  return records.filter(({ mayAssertUsers: may = false }) => may !== false).length;
}
