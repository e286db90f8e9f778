import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthenticationDevice, BackchannelDecision, DeviceContext, DeviceQuestion } from '@mandate/delegations';
import { OAuthError } from '@mandate/oauth';
import { type Clock, type JsonObject, UpstreamError } from '@mandate/ports';
import type { Logger } from '@mandate/service-kit';
import type { TokenVerifier } from '@mandate/token';
import type { DecideRequest } from '../decide-request.js';
import type { OpenidProvider, ProviderRequest } from './openid-provider.js';

export interface OpenidDeviceOptions {
  provider: OpenidProvider;
  /** Verifies its ID tokens, which have to be for us. */
  verifier: TokenVerifier;
  /** The claim of them that is our `sub`. */
  subjectClaim: string;
  /** Asked for where the client does not say how the person should prove who they are. */
  defaultAcrValues?: string | undefined;
  decide: DecideRequest;
  clock: Clock;
  logger: Logger;
  /** Aborted when the service stops. */
  stopSignal: AbortSignal;
}

/** Polling goes on where the provider does not answer: it may be back before the request expires. */
const LONGEST_WAIT_SECONDS = 60;

/**
 * Another provider reaches the person by its own CIBA. Whoever its ID token names has agreed; this replica polls for that
 * until the request expires. For nobody we know it is asked for somebody whom it cannot know.
 */
export function createOpenidDevice(options: OpenidDeviceOptions): AuthenticationDevice {
  const { provider, clock, defaultAcrValues } = options;
  return {
    async ask(question, context) {
      const { sub = question.request, bindingMessage, expiresAt } = question;
      const acrValues = question.acrValues.length > 0 ? question.acrValues.join(' ') : defaultAcrValues;
      const parameters = {
        scope: 'openid',
        login_hint: sub,
        requested_expiry: String(Math.max(1, expiresAt - clock())),
        ...(bindingMessage !== undefined && { binding_message: bindingMessage }),
        ...(acrValues !== undefined && { acr_values: acrValues }),
      };
      const providerRequest = await provider.ask(parameters);
      if (providerRequest !== undefined) void follow(question, providerRequest, { ...options, context });
    },
  };
}

type Following = OpenidDeviceOptions & { context: DeviceContext };

/** Never rejects: nobody waits for it. */
async function follow(question: DeviceQuestion, providerRequest: ProviderRequest, options: Following): Promise<void> {
  const { decide, logger, context } = options;
  const { transactionId, traceparent } = context;
  const log = logger.child({ transactionId });
  try {
    const poll = createPatientPoll(options.provider, log);
    const decision = await awaitDecision(question, providerRequest, { ...options, poll });
    if (decision !== undefined) await decide(question.request, decision, { transactionId, traceparent, log });
  } catch (error) {
    if (options.stopSignal.aborted) return;
    const refusal = error instanceof OAuthError ? (error.detail ?? error.code) : undefined;
    const { failure = 'failed', detail = refusal } = error instanceof UpstreamError ? error : {};
    log.warn('the answer of the provider does not count', { failure, detail });
  }
}

type Poll = OpenidProvider['poll'];

/** A poll that fails is to be made again, more slowly. The first failure of a request is logged. */
function createPatientPoll(provider: OpenidProvider, log: Logger): Poll {
  let isLogged = false;
  return async (authReqId) => {
    try {
      return await provider.poll(authReqId);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const { dependency, failure, detail } = error;
      if (!isLogged) log.warn('the provider does not say what the person answers', { dependency, failure, detail });
      isLogged = true;
      return { kind: 'slow_down' };
    }
  };
}

/** `undefined`: there was none in time. @throws UpstreamError for an ID token that is not acceptable. */
async function awaitDecision(
  { expiresAt, sub = '' }: DeviceQuestion,
  { authReqId, interval }: ProviderRequest,
  options: Following & { poll: Poll },
): Promise<BackchannelDecision | undefined> {
  const { poll, clock, stopSignal } = options;
  let seconds = interval;
  while (clock() < expiresAt) {
    await sleep(seconds * 1000, undefined, { ref: false, signal: stopSignal });
    const answer = await poll(authReqId);
    if (answer.kind === 'expired') return undefined;
    if (answer.kind === 'denied') return { approve: false, sub };
    if (answer.kind === 'answered') return decisionOf(answer.idToken, options);
    if (answer.kind === 'slow_down') seconds = Math.min(seconds + 5, LONGEST_WAIT_SECONDS);
  }
  return undefined;
}

async function decisionOf(idToken: string, { verifier, subjectClaim, clock }: Following): Promise<BackchannelDecision> {
  const verification = await verifier.verify(idToken);
  if (!verification.ok) throw new UpstreamError('device:openid', 'refused', `ID token: ${verification.reason}`);
  const { claims } = verification.token;
  const sub = claims[subjectClaim];
  if (typeof sub !== 'string') throw new UpstreamError('device:openid', 'refused', 'ID token: no subject');
  return { approve: true, sub, ...proofOf(claims, clock()) };
}

/** How the provider says that the person proved who they are. */
function proofOf({ acr, amr, auth_time: authTime }: JsonObject, now: number): Partial<BackchannelDecision> {
  const methods = Array.isArray(amr) ? amr.filter((method) => typeof method === 'string') : [];
  return {
    authTime: typeof authTime === 'number' ? Math.min(authTime, now) : now,
    ...(typeof acr === 'string' && { acr }),
    ...(methods.length > 0 && { amr: methods }),
  };
}
