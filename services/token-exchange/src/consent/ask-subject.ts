import type { Caller } from '@mandate/clients';
import type { Agreement, Consent, ConsentAnswer } from '@mandate/delegations';
import { OAuthError } from '@mandate/oauth';
import { type Clock, UpstreamError } from '@mandate/ports';
import type { AskedBy } from '../exchange/inquiry.js';
import type { LoginHintRequest } from '../exchange/login-hint-request.js';
import { preferenceApplied } from '../exchange/prefer.js';
import type { Party } from '../exchange/question.js';
import { type Checked, passed, refused } from '../rules/checked.js';
import type { AskLimits } from './ask-limits.js';
import { awaitAnswer, nextInterval, type Wait } from './await-answer.js';
import type { ConsentHandles, OpenQuestion } from './consent-handle.js';
import type { WaitingCalls } from './waiting-calls.js';

/** Whose question it is: what a handle is good for. */
export interface Asker {
  request: LoginHintRequest;
  caller: Caller;
  actor: Party;
}

export interface Asking {
  request: LoginHintRequest;
  by: AskedBy;
  actor: Party;
  agreement: Agreement;
  /** `undefined`: the person is to be asked now. */
  question: OpenQuestion | undefined;
}

/** Asks people for callers, who come back for the answer. */
export interface AskSubject {
  /** The question of this name, if it is one of this asker. */
  find(authReqId: string, asker: Asker): Promise<OpenQuestion | undefined>;
  /**
   * The token of the person's consent.
   * @throws OAuthError `authorization_pending` or `slow_down` with `auth_req_id` while there is no answer, and as
   * authentication answers what cannot be asked.
   * @throws UpstreamError when it cannot be asked.
   */
  ask(asking: Asking): Promise<Checked<string>>;
}

export interface AskSubjectOptions {
  consent: Consent;
  handles: ConsentHandles;
  limits: AskLimits;
  /** Told of every person who was asked. @throws UpstreamError when that must be recorded and is not. */
  onAsked: (asking: Asking) => Promise<void>;
  waiting: WaitingCalls;
  clock: Clock;
}

export function createAskSubject(options: AskSubjectOptions): AskSubject {
  const { consent, handles, waiting, clock } = options;
  return {
    find: (authReqId, asker) => handles.open(authReqId, bindingOf(asker)),
    async ask(asking) {
      const { by, question: former } = asking;
      const question = former ?? (await put(asking, options));
      const { waitSeconds, context, caller } = by;
      const client = JSON.stringify([caller.clientId, caller.issuer, caller.own]);
      const poll = (): Promise<ConsentAnswer> => consent.poll(question.authReqId, context);
      return waiting.hold({ waitSeconds, signal: context.signal(), client }, async (holding) => {
        if (holding.waitSeconds > 0) by.onHeld(holding.waitSeconds);
        const wait = { ...holding, interval: question.interval };
        const answer = former === undefined ? await firstAnswer(poll, wait) : await awaitAnswer(poll, wait);
        return read(answer, question, { now: clock(), waitSeconds: holding.waitSeconds });
      });
    },
  };
}

async function put(asking: Asking, options: AskSubjectOptions): Promise<OpenQuestion> {
  const { consent, handles, limits, onAsked, clock } = options;
  const { request, by, actor, agreement } = asking;
  const { loginHint, bindingMessage } = request;
  await limits.take({ agent: actor.identity, loginHint });
  const { authReqId, expiresIn, interval } = await consent.ask({ loginHint, agreement, bindingMessage }, by.context);
  await onAsked(asking);
  const question = { authReqId, interval, expiresAt: clock() + expiresIn };
  return handles.seal(question, bindingOf({ request, caller: by.caller, actor }));
}

/** Whoever has just been asked has not answered yet; and what fails now must not lose the caller its `auth_req_id`. */
async function firstAnswer(poll: () => Promise<ConsentAnswer>, wait: Wait): Promise<ConsentAnswer> {
  if (wait.waitSeconds === 0) return { kind: 'pending' };
  return awaitAnswer(poll, wait).catch((error: unknown) => {
    if (error instanceof UpstreamError) return { kind: 'pending' };
    throw error;
  });
}

/** The same call is one of the same caller, actor and person, for the same. */
function bindingOf({ request: { loginHint, terms }, caller, actor }: Asker): string {
  const { clientId, issuer, own } = caller;
  const { iss, sub } = actor.identity;
  const { resources, audiences, scopes, requestedTokenType, narrow, purpose = null } = terms;
  const targets = [resources, audiences, scopes].map((names) => [...names].sort());
  return JSON.stringify([clientId, issuer, own, iss, sub, loginHint, targets, requestedTokenType, narrow, purpose]);
}

function read(
  answer: ConsentAnswer,
  { handle, interval, expiresAt }: OpenQuestion,
  { now, waitSeconds }: { now: number; waitSeconds: number },
): Checked<string> {
  const waiting = { auth_req_id: handle, expires_in: Math.max(0, expiresAt - now) };
  const headers = preferenceApplied(waitSeconds);
  switch (answer.kind) {
    case 'given':
      return passed(() => ({ answer: 'given' }), answer.token);
    case 'denied':
      return refused('subject_denied', 'the person to agree');
    case 'expired':
      return refused('subject_did_not_answer', 'the person to answer in time');
    case 'unknown':
      return refused('auth_req_id_invalid', 'an auth_req_id whose answer was not fetched before');
    case 'pending':
      throw new OAuthError('authorization_pending', 'The person has not answered yet', {
        members: { ...waiting, interval: nextInterval(answer, interval) },
        headers,
      });
    case 'slow_down':
      throw new OAuthError('slow_down', 'The person has not answered yet: come back less often', {
        members: { ...waiting, interval: nextInterval(answer, interval) },
        headers,
      });
  }
}
