import { rate } from '@mandate/composition';
import {
  type OutboundSettings,
  type Settings,
  choice,
  integer,
  path,
  seconds,
  secret,
  text,
  url,
  usedWith,
} from '@mandate/service-kit';

/** The variables of asking people (docs/people.md). */
export const backchannelConfig = {
  CIBA_CHANNEL: choice(['webhook', 'openid', 'development'])
    .optional()
    .describe(
      "How people are reached for CIBA (docs/people.md): `webhook`, the operator's app; `openid`, another provider's CIBA; `development`, a link in the terminal of the standalone; unset: nobody is asked, and there is no such endpoint or grant",
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
    { CIBA_CHANNEL: 'openid' },
    {
      CIBA_OPENID_ISSUER: url().optional().describe('The provider that asks people, by its issuer; found by discovery'),
      CIBA_OPENID_CLIENT_ID: text().optional().describe('Our client id there; it has the CIBA grant in mode poll'),
      CIBA_OPENID_CLIENT_SECRET: secret()
        .optional()
        .describe('Our secret there (`client_secret_basic`); unset: `private_key_jwt`, signed with our signing key'),
      CIBA_OPENID_REQUEST: choice(['plain', 'signed'])
        .default('plain')
        .describe('`signed`: it is asked by JWTs, signed with our signing key, as AM and FAPI-CIBA demand'),
      CIBA_OPENID_ACR_VALUES: text()
        .min(1, { error: 'is empty' })
        .optional()
        .describe('`acr_values` of a question whose client gives none; AM demands some, as `push`'),
      CIBA_OPENID_SUBJECT_CLAIM: text()
        .min(1, { error: 'is empty' })
        .default('sub')
        .describe("The claim of the provider's ID token that is our `sub`, which it is asked for as login hint"),
    },
  ),
  ...usedWith(
    { CIBA_CHANNEL: true, RATE_LIMIT: 'on' },
    {
      CIBA_RATE_CLIENT: rate()
        .default('600/60')
        .describe('How often one client asks people, whomever, as `COUNT/SECONDS`; more is 429 `slow_down`'),
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
        .default(5)
        .describe(
          'Requests that are put to one person in ten minutes that they do not say yes to, at most half of them, rounded up, of one client; more are answered 429 `slow_down`',
        ),
      CIBA_BINDING_MESSAGE: choice(['required', 'optional'])
        .default('required')
        .describe(
          'Whether a client that signs its requests has to give a binding message or authorization details (FAPI-CIBA section 5.2.2); `optional`: the app tells requests apart without',
        ),
      CIBA_DECISION_REQUIRED_SCOPE: text()
        .min(1, { error: 'is empty' })
        .default('ciba-decide')
        .describe("Scope that the operator's app needs to say what a person answered"),
    },
  ),
};

export type BackchannelSettings = OutboundSettings & Settings<typeof backchannelConfig, 'RELOAD_INTERVAL_SECONDS'>;
