import {
  type SigningSettings,
  auditConfig,
  callersConfig,
  delegationRecordsConfig,
  issuersConfig,
  verifierConfig,
} from '@mandate/composition';
import { type OutboundSettings, type Settings, seconds, text, usedWith } from '@mandate/service-kit';
import type { BackchannelSettings } from '../backchannel/backchannel-config.js';

/** The variables of seeing and ending delegations, of what they last, and of whose tokens are believed (docs/people.md). */
export const delegationsConfig = {
  ...delegationRecordsConfig,
  ...usedWith(
    { CIBA_CHANNEL: true },
    {
      REFRESH_TOKEN_EXPIRATION_SECONDS: seconds(60)
        .default(2_592_000)
        .describe('How long a delegation may be refreshed by a client whose `grantTypes` have `refresh_token`'),
    },
  ),
  ...usedWith(
    { CIBA_CHANNEL: true, DELEGATION_RECORDS: 'all' },
    {
      DELEGATIONS_REQUIRED_SCOPE: text()
        .min(1, { error: 'is empty' })
        .default('delegations')
        .describe("Scope that a client needs to see and end anybody's delegations"),
      DELEGATIONS_OWN_SCOPE: text()
        .min(1, { error: 'is empty' })
        .default('delegations:own')
        .describe("Scope that a person's token needs to see and end their own delegations"),
      ...issuersConfig,
      ...verifierConfig,
      ...callersConfig,
      ...auditConfig,
    },
  ),
};

export type DelegationsSettings = OutboundSettings &
  Settings<typeof delegationsConfig, 'RELOAD_INTERVAL_SECONDS'> &
  Pick<BackchannelSettings, 'CIBA_CHANNEL'> &
  Pick<SigningSettings, 'TOKEN_TYP'>;
