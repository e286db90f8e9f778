import type { AuthenticationDevice } from '@mandate/delegations';
import type { Logger } from '@mandate/service-kit';
import { DEVELOPMENT_DECISION_PATH } from '../development-endpoint.js';

/** The terminal of a developer: whoever reads the log answers for the person, by a link. */
export function createDevelopmentDevice({ url, logger }: { url: string; logger: Logger }): AuthenticationDevice {
  return {
    ask({ request, sub, clientId }) {
      if (sub === undefined) return Promise.resolve();
      const link = `${url}${DEVELOPMENT_DECISION_PATH}?request=${request}&approve=true`;
      logger.warn('a person is asked: open the link to approve, with approve=false to deny', {
        subject: sub,
        client: clientId,
        url: link,
      });
      return Promise.resolve();
    },
  };
}
