import type { DeviceQuestion } from '@mandate/delegations';
import type { Clock } from '@mandate/ports';

/** The questions that this process has shown to a developer and that wait for an answer. */
export interface OpenQuestions {
  add(question: DeviceQuestion): void;
  /** The names of those that are meant, the oldest first. They wait no longer: whoever takes them must answer them. */
  take(isMeant: (question: DeviceQuestion) => boolean): string[];
}

export function createOpenQuestions({ clock }: { clock: Clock }): OpenQuestions {
  let questions: DeviceQuestion[] = [];
  const dropExpired = (): void => {
    const now = clock();
    questions = questions.filter(({ expiresAt }) => expiresAt > now);
  };
  return {
    add(question) {
      dropExpired();
      questions.push(question);
    },
    take(isMeant) {
      dropExpired();
      const matches = questions.filter(isMeant);
      questions = questions.filter((question) => !matches.includes(question));
      return matches.map(({ request }) => request);
    },
  };
}
