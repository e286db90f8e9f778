import { type ActClaim, type EffectiveActor } from '@mandate/oauth';
import { type Clock, type JsonObject, UpstreamError } from '@mandate/ports';
import type { Caller } from '@mandate/clients';
import type { Authority, ChainDecision, PolicyChain, PolicyContext } from '@mandate/policy';
import type { RevocationStore, TokenVerifier } from '@mandate/token';
import type { DelegationSettings } from './delegation-settings.js';
import type { ExchangeRequest } from './exchange-request.js';
import { issuedClaims } from './issued-claims.js';
import type { Reason } from './refusal.js';
import * as actors from './rules/actor.js';
import * as attenuation from './rules/attenuation.js';
import * as chains from './rules/chain.js';
import { buildLineage } from './rules/lineage.js';
import * as permission from './rules/permission.js';
import { checkDecision, policyRequest } from './rules/policy.js';
import { checkRevocation } from './rules/revocation.js';
import { checkDeclaredType, type TokenOfExchange, verifyPresentedToken } from './rules/presented-tokens.js';
import { checkDecider, findSubjectReader, readingVerifier, type SubjectReader } from './rules/subject-reader.js';
import { type CheckRecord, createTrail, Refused, type Trail } from './trail.js';

export interface ExchangePorts {
  verifier: TokenVerifier;
  /** Of subject tokens that are no JWTs; none: those are refused. */
  subjectReaders?: readonly SubjectReader[];
  policies: PolicyChain;
  revocations: RevocationStore;
  clock: Clock;
}

/** What was learned on the way, as far as the decision got: for the log, the audit and explain. */
export interface DecisionRecord {
  subject?: TokenOfExchange;
  actor?: EffectiveActor;
  inbound?: ActClaim | undefined;
  decision?: ChainDecision;
}

/** The outcome of the rules of delegation for one request. */
export type ExchangeVerdict = { checks: readonly CheckRecord[]; record: DecisionRecord } & (
  | { verdict: 'permit'; claims: JsonObject; scopes: string[]; expiresAt: number; issuedAt: number }
  | { verdict: 'deny'; reason: Reason; needs: string }
  | { verdict: 'error'; failure: UpstreamError }
);

type Permit = Omit<Extract<ExchangeVerdict, { verdict: 'permit' }>, 'verdict' | 'checks' | 'record'>;

export interface Exchange {
  request: ExchangeRequest;
  caller: Caller;
  settings: DelegationSettings;
  ports: ExchangePorts;
  /** What upstreams are told of the request. */
  context: Omit<PolicyContext, 'subjectToken'>;
}

interface Known {
  subject: TokenOfExchange;
  /** Who read the subject token, where it is no JWT. */
  reader: SubjectReader | undefined;
  actorToken: TokenOfExchange | undefined;
  actor: EffectiveActor;
  consent: boolean;
  inbound: ActClaim | undefined;
}

/**
 * Decides an exchange by docs/delegation.md, in its order, issuing nothing: the one path that exchange and explain
 * share. A dependency's failure is an outcome of its own, never a permit or a deny.
 */
export async function decideExchange(exchange: Exchange): Promise<ExchangeVerdict> {
  const trail = createTrail();
  const record: DecisionRecord = {};
  try {
    const known = await readTokens(exchange, trail, record);
    const permit = await applyPolicy(exchange, { known, trail, record });
    return { verdict: 'permit', ...permit, checks: trail.checks, record };
  } catch (error) {
    const soFar = { checks: trail.checks, record };
    if (error instanceof Refused) return { verdict: 'deny', reason: error.reason, needs: error.needs, ...soFar };
    if (error instanceof UpstreamError) return { verdict: 'error', failure: error, ...soFar };
    throw error;
  }
}

/** What the tokens alone decide: sections 2 to 6 as far as no policy is needed. */
async function readTokens(exchange: Exchange, { pass }: Trail, record: DecisionRecord): Promise<Known> {
  const { request, caller, settings, ports } = exchange;
  pass('distinct_tokens', actors.checkDistinctTokens(request));
  const { subject, reader } = await readSubject(exchange, pass);
  record.subject = subject;
  const actorToken =
    request.actor && pass('actor_token', await verifyPresentedToken('actor', request.actor, ports.verifier));
  if (settings.tokenTypeCheck === 'strict') {
    pass('subject_token_type', checkDeclaredType('subject', request.subject, subject));
    if (request.actor && actorToken) pass('actor_token_type', checkDeclaredType('actor', request.actor, actorToken));
  }

  const actor = pass('actor', actors.identifyActor(actorToken, caller, settings));
  record.actor = actor;
  if (actorToken) pass('actor_is_not_subject', actors.checkActorIsNotSubject(actor, subject));

  const consent = pass('consent', permission.checkConsent(subject, actor, settings));
  const inbound = pass('inbound_chain', chains.readInboundChain(subject));
  record.inbound = inbound;

  pass('sender_constraint', attenuation.checkSenderConstraint(actorToken ? [subject, actorToken] : [subject]));
  pass('caller_audience', attenuation.checkCallerAudience(subject, caller, settings));
  const ceiling = ports.policies.liftsScopeCeiling() ? 'open' : attenuation.defaultScopeCeiling(subject, settings);
  pass('scope_ceiling', attenuation.checkScopeCeiling(request, subject, ceiling));
  pass('revocation', await checkRevocation(subject, actorToken, ports.revocations));
  return { subject, reader, actorToken, actor, consent, inbound };
}

/** The subject token verified, or read by whoever knows tokens of its kind. */
async function readSubject(
  { request, caller, ports, context }: Exchange,
  pass: Trail['pass'],
): Promise<Pick<Known, 'subject' | 'reader'>> {
  const { subject: presented, requestedTokenType } = request;
  const reading = { presented, requestedTokenType, caller, context };
  const reader = findSubjectReader(ports.subjectReaders ?? [], reading);
  const verifier = reader === undefined ? ports.verifier : readingVerifier(reader, reading);
  return { subject: pass('subject_token', await verifyPresentedToken('subject', presented, verifier)), reader };
}

/** What the policy decides, and the shrinking of the token to it: the rest of sections 2 to 5. */
async function applyPolicy(
  exchange: Exchange,
  { known, trail: { pass }, record }: { known: Known; trail: Trail; record: DecisionRecord },
): Promise<Permit> {
  const { request, caller, settings, ports } = exchange;
  const { subject, reader, actorToken, actor, consent, inbound } = known;
  const question = policyRequest(request, caller, { subject, actor: actorToken, inbound });
  const subjectToken = { ...request.subject, readBy: reader?.name };
  const decision = await ports.policies.decide(question, { ...exchange.context, subjectToken });
  record.decision = decision;
  if (reader) pass('decided_by', checkDecider(decision, reader));
  const authority = pass('policy', checkDecision(decision, question));
  const { thirdPartyActor } = authority;
  const { actorTokenBinding } = settings;
  pass('actor_binding', actors.checkActorBinding(actorToken, caller, { actorTokenBinding, thirdPartyActor }));
  pass('permission', permission.checkPermission(actor, { consent, actorToken: !!actorToken, authority }, settings));

  const delegates = actorToken !== undefined || authority.clientAsActor;
  if (delegates && actorToken === undefined)
    pass('actor_is_not_subject', actors.checkActorIsNotSubject(actor, subject));
  const act = pass('chain', chains.buildChain(inbound, delegates ? actor : undefined, settings));

  const lineage = pass('lineage', buildLineage(subject, actorToken));

  const ceiling = attenuation.defaultScopeCeiling(subject, settings);
  const scopes = pass('scope', attenuation.grantScopes(request, authority, { subject, ceiling }));
  const issuedAt = ports.clock();
  const expiresAt = pass('lifetime', lifetimeOf(issuedAt, { subject, actorToken }, { authority, settings }));
  const claims = issuedClaims({
    issuer: settings.issuer,
    subject: subject.identity,
    clientId: caller.clientId,
    authority,
    scopes,
    act,
    lineage,
    issuedAt,
    expiresAt,
  });
  return { claims, scopes, expiresAt, issuedAt };
}

function lifetimeOf(
  now: number,
  { subject, actorToken }: Pick<Known, 'subject' | 'actorToken'>,
  { authority, settings }: { authority: Authority; settings: DelegationSettings },
): ReturnType<typeof attenuation.grantLifetime> {
  const limits = { policySeconds: authority.expirationSeconds, maxLifetimeSeconds: settings.maxLifetimeSeconds };
  return attenuation.grantLifetime(now, actorToken ? [subject, actorToken] : [subject], limits);
}
