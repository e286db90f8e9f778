import { auditConfig, callersConfig, issuersConfig, verifierConfig } from '@mandate/composition';
import {
  type OutboundSettings,
  type Settings,
  choice,
  integer,
  path,
  seconds,
  text,
  url,
  usedWith,
} from '@mandate/service-kit';

/** The variables of asking people (docs/people.md). */
export const backchannelConfig = {
  CIBA_CHANNEL: choice(['webhook', 'development'])
    .optional()
    .describe(
      "How people are reached for CIBA (docs/people.md): `webhook`, the operator's app; `development`, a link in the terminal of the standalone; unset: nobody is asked, and there is no such endpoint or grant",
    ),
  ...usedWith(
    { CIBA_CHANNEL: 'webhook' },
    {
      CIBA_WEBHOOK_URL: url()
        .optional()
        .describe("Where the operator's app takes the questions, each a JWT that we sign"),
    },
  ),
  ...usedWith(
    { CIBA_CHANNEL: true },
    {
      CIBA_PEOPLE_FILE: path()
        .optional()
        .describe('People as a JSON file, by their login hints; reloaded; unset: a login hint is the `sub` itself'),
      CIBA_EXPIRY_SECONDS: seconds(30, 600)
        .default(120)
        .describe('How long a request waits for its person, unless it says so itself'),
      CIBA_MAX_OPEN_REQUESTS: integer(1, 100)
        .default(3)
        .describe('Requests that may wait for one person at once; more are answered 429 `slow_down`'),
      CIBA_DECISION_REQUIRED_SCOPE: text()
        .min(1, { error: 'is empty' })
        .default('ciba-decide')
        .describe("Scope that the operator's app needs to say what a person answered"),
      REFRESH_TOKEN_EXPIRATION_SECONDS: seconds(60)
        .default(2_592_000)
        .describe('How long a delegation may be refreshed by a client whose `grantTypes` have `refresh_token`'),
      ...issuersConfig,
      ...verifierConfig,
      ...callersConfig,
      ...auditConfig,
    },
  ),
};

export type BackchannelSettings = OutboundSettings &
  Settings<typeof backchannelConfig, 'RELOAD_INTERVAL_SECONDS'> & { TOKEN_TYP: 'at+jwt' | 'JWT' };
