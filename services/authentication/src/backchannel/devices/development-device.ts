import type { AuthenticationDevice } from '@mandate/delegations';
import type { Logger } from '@mandate/service-kit';
import { DEVELOPMENT_DECISION_PATH } from './development-endpoint.js';
import type { OpenQuestions } from './open-questions.js';

export interface DevelopmentDeviceOptions {
  url: string;
  logger: Logger;
  /** Where scripts find what a person is asked. */
  questions: OpenQuestions;
}

/** The terminal of a developer: whoever reads the log answers for the person, by a link. */
export function createDevelopmentDevice({ url, logger, questions }: DevelopmentDeviceOptions): AuthenticationDevice {
  return {
    ask(question) {
      const { request, sub, clientId } = question;
      if (sub === undefined) return Promise.resolve();
      questions.add(question);
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
