import type { DeviceQuestion } from '@mandate/delegations';
import type { Clock } from '@mandate/ports';

/** The questions that this process has shown to a developer and that wait for an answer. */
export interface OpenQuestions {
  add(question: DeviceQuestion): void;
  /** The names of those that are meant, the oldest first. They wait no longer: whoever takes them answers them. */
  take(isMeant: (question: DeviceQuestion) => boolean): string[];
}

export function createOpenQuestions({ clock }: { clock: Clock }): OpenQuestions {
  let open: DeviceQuestion[] = [];
  const dropExpired = (): void => {
    const now = clock();
    open = open.filter(({ expiresAt }) => expiresAt > now);
  };
  return {
    add(question) {
      dropExpired();
      open.push(question);
    },
    take(isMeant) {
      dropExpired();
      const taken = open.filter(isMeant);
      open = open.filter((question) => !taken.includes(question));
      return taken.map(({ request }) => request);
    },
  };
}
