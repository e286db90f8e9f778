import type { Logger } from '@mandate/service-kit';
import { ancestorsOf } from '@mandate/token';
import type { IntrospectToken } from './introspect-token.js';

/**
 * Says once per issuer that tokens with ancestors come from one that is not `own`: only our services write them, so that
 * its record probably lacks the member, and is believed less than it should be.
 */
export function withLineageReport(introspectToken: IntrospectToken, logger: Logger): IntrospectToken {
  const reported = new Set<string>();
  return async (request) => {
    const answer = await introspectToken(request);
    const token = answer.outcome === 'active' ? answer.token : undefined;
    if (token === undefined || token.trust.own || reported.has(token.issuer)) return answer;
    if (ancestorsOf(token).length === 0) return answer;
    reported.add(token.issuer);
    logger.warn('a token with ancestors is of an issuer that is not own', {
      issuer: token.issuer,
      variable: 'TRUSTED_ISSUERS_FILE',
      problem: 'its record may lack own: true',
    });
    return answer;
  };
}
