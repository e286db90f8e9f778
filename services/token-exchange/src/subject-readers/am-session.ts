import { TOKEN_TYPE } from '@mandate/oauth';
import { composeOpenamSessions, openamSessionConfig } from '@mandate/composition';
import { AM_SESSION_READER, createOpenamSessionVerifier } from '@mandate/openam';
import { type Runtime, seconds, type Settings, usedWith } from '@mandate/service-kit';
import type { TokenTypeCheckSettings } from '../token-type-check-config.js';
import type { ComposedSubjectReader, SubjectReader } from './subject-reader.js';

/** The variables of AM sessions as subject tokens: those of AM's session service, and the lifetime. */
export const amSessionConfig = {
  ...openamSessionConfig,
  ...usedWith(
    { INTROSPECTION_OPENAM_SESSION_URL: true },
    {
      EXCHANGE_OPENAM_SESSION_LIFETIME_SECONDS: seconds(1, 86_400)
        .default(300)
        .describe('Longest lifetime of what is derived from an AM session: AM does not tell when it is logged out'),
    },
  ),
};

export type AmSessionSettings = Settings<typeof amSessionConfig> & TokenTypeCheckSettings;

/** AM sessions as subject tokens, where AM's session service is configured. */
export function composeAmSessionReader(config: AmSessionSettings, runtime: Runtime): ComposedSubjectReader | undefined {
  const openam = composeOpenamSessions(config, runtime);
  if (openam === undefined) return undefined;
  const { sessions, ...part } = openam;
  const lifetimeSeconds = config.EXCHANGE_OPENAM_SESSION_LIFETIME_SECONDS;
  const verifier = createOpenamSessionVerifier({ sessions, clock: runtime.clock, lifetimeSeconds });
  // Samples of IMS declare SSO tokens as access tokens.
  const asAccessToken = config.TOKEN_TYPE_CHECK === 'ims' ? [TOKEN_TYPE.accessToken] : [];
  const reader: SubjectReader = {
    name: AM_SESSION_READER,
    tokenTypes: [TOKEN_TYPE.amSession, ...asAccessToken],
    reads: () => true,
    read: ({ presented }) => verifier.verify(presented.token),
  };
  return { ...part, reader };
}
