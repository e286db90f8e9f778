import * as z from 'zod';
import { CIBA_GRANT } from '@mandate/oauth';
import { ASYMMETRIC_ALGORITHMS } from '@mandate/token';

/** The members of a record that say how its client asks people (OpenID CIBA Core section 4). */
export const backchannelMembers = {
  backchannelTokenDeliveryMode: z
    .enum(['poll', 'ping'], { error: 'expected poll or ping; push is not supported (FAPI-CIBA section 5.2.2)' })
    .optional()
    .describe('how it learns that a person has answered: `poll` (the default) or `ping`'),
  backchannelClientNotificationEndpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('where it is pinged; https and public, unless `OUTBOUND_PRIVATE_HOSTS` lists the host'),
  backchannelAuthenticationRequestSigningAlg: z
    .enum(ASYMMETRIC_ALGORITHMS)
    .optional()
    .describe('the one algorithm of its signed requests to people; where present, it sends no others'),
};

type BackchannelRecord = {
  [Member in keyof typeof backchannelMembers]?: z.infer<(typeof backchannelMembers)[Member]>;
} & { grantTypes?: readonly string[] | undefined };

/** Contradictions among those members: whether there is one, the member, and why. */
export function backchannelProblems(record: BackchannelRecord, withoutKeys: boolean): [boolean, string, string][] {
  const {
    grantTypes = [],
    backchannelTokenDeliveryMode: mode,
    backchannelClientNotificationEndpoint: endpoint,
    backchannelAuthenticationRequestSigningAlg: signingAlg,
  } = record;
  const asksNobody = !grantTypes.includes(CIBA_GRANT);
  const isPinged = mode === 'ping';
  return [
    [asksNobody && mode !== undefined, 'backchannelTokenDeliveryMode', `is given without ${CIBA_GRANT} in grantTypes`],
    [isPinged && endpoint === undefined, 'backchannelClientNotificationEndpoint', 'is required with ping'],
    [!isPinged && endpoint !== undefined, 'backchannelClientNotificationEndpoint', 'is given without ping'],
    [signingAlg !== undefined && withoutKeys, 'backchannelAuthenticationRequestSigningAlg', 'is given without keys'],
  ];
}
