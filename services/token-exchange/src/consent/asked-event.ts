import { clientFields } from '@mandate/clients';
import { type Clock, traceIdOf } from '@mandate/ports';
import type { AuditEvent } from '@mandate/service-kit';
import type { Asking } from './ask-subject.js';

/** That a person was asked, for the decision log: by which client, for which actor, to do what. */
export function askedEvent(
  { request, by, actor, agreement }: Asking,
  { subjectIssuer, clock }: { subjectIssuer: string; clock: Clock },
): AuditEvent {
  const { caller, context } = by;
  const { iss, sub } = actor.identity;
  return {
    event: 'person_asked',
    time: clock(),
    transactionId: context.transactionId,
    traceId: traceIdOf(context.traceparent),
    origin: 'login_hint',
    ...clientFields(caller),
    subject: { iss: subjectIssuer, sub: request.loginHint },
    actor: { iss, sub },
    targets: agreement.locations,
    scopes: agreement.scopes,
    verdict: 'permit',
    latencyMs: 0,
  };
}
