import type { RateLimit, RateLimiter } from '@mandate/clients';
import { askedTooOften, countedName } from '@mandate/delegations';
import type { Identity } from '@mandate/oauth';

/** Who asks whom. */
export interface AskParties {
  agent: Identity;
  loginHint: string;
}

/** How often people are asked (docs/security.md P2). */
export interface AskLimits {
  /** @throws OAuthError `slow_down` (429) with `Retry-After` when it is too often. */
  take(parties: AskParties): Promise<void>;
}

export interface AskLimitsOptions {
  /** `undefined`: nothing is limited. */
  limiter: RateLimiter | undefined;
  /** Questions of one agent, whomever they ask. */
  agent: RateLimit;
  /** Questions to one person, whoever asks. */
  person: RateLimit;
}

export function createAskLimits({ limiter, agent: ofAgent, person: ofPerson }: AskLimitsOptions): AskLimits {
  return {
    async take({ agent, loginHint }) {
      if (limiter === undefined) return;
      const bucket = ['ask-agent', agent.iss, agent.sub];
      const agentWait = await limiter.consume({ bucket, limit: ofAgent, tokens: 1 });
      if (agentWait > 0) throw askedTooOften(agentWait, 'agent');
      const person = ['ask-person', countedName(loginHint)];
      const personWait = await limiter.consume({ bucket: person, limit: ofPerson, tokens: 1 });
      if (personWait > 0) throw askedTooOften(personWait, 'person');
    },
  };
}
