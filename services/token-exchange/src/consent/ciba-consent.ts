import * as z from 'zod';
import {
  agreementDetail,
  type Consent,
  type ConsentAnswer,
  type ConsentContext,
  type ConsentQuestion,
} from '@mandate/delegations';
import { CIBA_GRANT, OAuthError, type OAuthErrorCode, errorDescription } from '@mandate/oauth';
import { type JsonValue, UpstreamError } from '@mandate/ports';

export const CONSENT_DEPENDENCY = 'consent';

/** Who is asked which of the two: the backchannel authentication endpoint, or the token endpoint. */
export type CibaEndpoint = 'ask' | 'poll';

/** The two endpoints of authentication, whichever way they are reached. @throws UpstreamError when there is no answer. */
export type CibaTransport = (
  endpoint: CibaEndpoint,
  parameters: Readonly<Record<string, string>>,
  context: ConsentContext,
) => Promise<{ status: number; body: JsonValue | undefined; retryAfter?: string | undefined }>;

const interval = z.int().min(1).max(600);
const acknowledgementBody = z.looseObject({
  auth_req_id: z.string().min(1).max(1024),
  expires_in: z.int().positive(),
  interval: interval.default(5),
});
const tokenBody = z.looseObject({ access_token: z.string().min(1) });

/** Refusals that are about what the caller wants to be asked, and so are the caller's to read. */
const PASSED_ON = [
  'invalid_binding_message',
  'invalid_scope',
  'invalid_authorization_details',
  'slow_down',
] as const satisfies readonly OAuthErrorCode[];
const refusedBody = z.looseObject({ error: z.enum(PASSED_ON), error_description: z.string().default('') });

const POLL_ERRORS = {
  authorization_pending: 'pending',
  slow_down: 'slow_down',
  access_denied: 'denied',
  expired_token: 'expired',
  invalid_grant: 'unknown',
} as const satisfies Record<string, Exclude<ConsentAnswer['kind'], 'given'>>;
const pollErrorBody = z.looseObject({
  error: z.enum(['authorization_pending', 'slow_down', 'access_denied', 'expired_token', 'invalid_grant']),
  interval: interval.optional().catch(undefined),
});

/** People are asked by OpenID CIBA; `resource` is what their tokens are for, which nobody else accepts them as. */
export function createCibaConsent(send: CibaTransport, { resource }: { resource: string }): Consent {
  return {
    async ask(question, context) {
      const { status, body, retryAfter } = await send('ask', parametersOf(question, resource), context);
      const acknowledgement = acknowledgementBody.safeParse(body);
      if (status !== 200) throw refusalOf(body, { status, retryAfter });
      if (!acknowledgement.success) throw new UpstreamError(CONSENT_DEPENDENCY, 'malformed', 'no auth_req_id');
      const { auth_req_id: authReqId, expires_in: expiresIn, interval } = acknowledgement.data;
      return { authReqId, expiresIn, interval };
    },
    async poll(authReqId, context) {
      const { status, body } = await send('poll', { grant_type: CIBA_GRANT, auth_req_id: authReqId }, context);
      const tokens = tokenBody.safeParse(body);
      if (status === 200 && tokens.success) return { kind: 'given', token: tokens.data.access_token };
      const refused = pollErrorBody.safeParse(body);
      if (status === 400 && refused.success) return answerOf(refused.data);
      throw new UpstreamError(CONSENT_DEPENDENCY, 'refused', `status ${status}`);
    },
  };
}

function answerOf({ error, interval: seconds }: z.output<typeof pollErrorBody>): ConsentAnswer {
  const kind = POLL_ERRORS[error];
  return kind === 'pending' || kind === 'slow_down' ? { kind, interval: seconds } : { kind };
}

/** Nothing but `openid`: the token is for all that is agreed. */
function parametersOf({ loginHint, agreement, bindingMessage }: ConsentQuestion, resource: string) {
  return {
    scope: 'openid',
    login_hint: loginHint,
    resource,
    authorization_details: JSON.stringify([agreementDetail(agreement)]),
    ...(bindingMessage !== undefined && { binding_message: bindingMessage }),
  };
}

/** What is between the two services, a client that is not known for instance, is no refusal of the caller. */
function refusalOf(
  body: JsonValue | undefined,
  { status, retryAfter }: { status: number; retryAfter: string | undefined },
): OAuthError | UpstreamError {
  const refused = refusedBody.safeParse(body);
  if ((status !== 400 && status !== 429) || !refused.success) {
    return new UpstreamError(CONSENT_DEPENDENCY, 'refused', `status ${status}`);
  }
  return new OAuthError(refused.data.error, errorDescription(refused.data.error_description), {
    status,
    detail: 'refused by authentication',
    headers: retryAfter !== undefined && /^\d{1,5}$/.test(retryAfter) ? { 'Retry-After': retryAfter } : {},
  });
}
