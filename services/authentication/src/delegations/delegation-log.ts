import type { AgreedActor, BackchannelDecision, BackchannelRequest, Delegation } from '@mandate/delegations';
import { type Clock, type TraceContext, traceIdOf } from '@mandate/ports';
import type { AuditEvent, AuditSink } from '@mandate/service-kit';

/** What became of a person's word, one audit event each. @throws UpstreamError when it must be written down and is not */
export interface DelegationLog {
  question(request: BackchannelRequest, context: TraceContext): Promise<void>;
  answer(request: BackchannelRequest, decision: BackchannelDecision, context: TraceContext): Promise<void>;
  start(delegation: Delegation, context: TraceContext): Promise<void>;
  /** `reason`: why. */
  end(delegation: Delegation, reason: string, context: TraceContext): Promise<void>;
}

/** The events of docs/people.md, in the decision log. */
export function createDelegationLog({
  audit,
  issuer,
  clock,
}: {
  audit: AuditSink;
  issuer: string;
  clock: Clock;
}): DelegationLog {
  const record = (
    event: Omit<AuditEvent, 'time' | 'transactionId' | 'latencyMs'>,
    context: TraceContext,
  ): Promise<void> =>
    audit.record({
      ...event,
      time: clock(),
      transactionId: context.transactionId,
      traceId: traceIdOf(context.traceparent),
      latencyMs: 0,
    });
  return {
    question: (request, context) =>
      record({ event: 'person_asked', ...termsOf(request, issuer), verdict: 'permit' }, context),
    answer: (request, { approve }, context) =>
      record({ event: 'person_answered', ...termsOf(request, issuer), verdict: approve ? 'permit' : 'deny' }, context),
    start: (delegation, context) =>
      record({ event: 'delegation_started', ...recordOf(delegation, issuer), verdict: 'permit' }, context),
    end: (delegation, reason, context) =>
      record({ event: 'delegation_ended', ...recordOf(delegation, issuer), verdict: 'deny', reason }, context),
  };
}

type Terms = Pick<AuditEvent, 'client' | 'clientIssuer' | 'subject' | 'actor' | 'targets' | 'scopes'>;

function termsOf({ clientId, sub, agreement, scopes, resources }: BackchannelRequest, issuer: string): Terms {
  return {
    client: clientId,
    subject: sub === undefined ? undefined : { iss: issuer, sub },
    actor: agreement && identityOf(agreement.actor, issuer),
    targets: agreement?.locations ?? resources,
    scopes: agreement?.scopes ?? scopes,
  };
}

function recordOf(delegation: Delegation, issuer: string): Terms & Pick<AuditEvent, 'delegation' | 'origin'> {
  const { id, clientId: client, clientIssuer, subject, actor, locations: targets, scopes, origin } = delegation;
  return { client, clientIssuer, subject, actor: identityOf(actor, issuer), targets, scopes, delegation: id, origin };
}

/** A client of ours is an identity of our issuer. */
function identityOf(actor: AgreedActor, issuer: string): AuditEvent['actor'] {
  return 'clientId' in actor ? { iss: issuer, sub: actor.clientId } : actor;
}
