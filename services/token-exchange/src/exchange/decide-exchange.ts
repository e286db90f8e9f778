import { type JsonObject, UpstreamError } from '@mandate/ports';
import type { Delegation, DelegationStore } from '@mandate/delegations';
import type { Authority, ChainDecision, ClaimsProvider, PolicyChain } from '@mandate/policy';
import type { RevocationStore } from '@mandate/token';
import { type IssuedToken, renderClaims } from '../issue/token-claims.js';
import { createDecisionRecord, type DecisionRecord, type Findings, Refused } from '../record/decision-record.js';
import { checkActAs, placeParties } from '../rules/act-as.js';
import * as agreements from '../rules/agreement.js';
import * as actors from '../rules/actor.js';
import * as attenuation from '../rules/attenuation.js';
import * as chains from '../rules/chain.js';
import { checkIssuable } from '../rules/issuable-token.js';
import { embedTokens } from '../rules/embedding.js';
import { buildLineage } from '../rules/lineage.js';
import * as permission from '../rules/permission.js';
import * as policy from '../rules/policy.js';
import type { Reason } from '../rules/reasons.js';
import { type Begun, beginDelegation, checkRecord } from '../rules/recorded-delegation.js';
import { checkRevocation } from '../rules/revocation.js';
import { addClaims } from './add-claims.js';
import type { RuleSettings } from '../rules/rule-settings.js';
import type { Inquiry } from './inquiry.js';
import type { Question } from './question.js';

export interface ExchangePorts {
  policies: PolicyChain;
  revocations: RevocationStore;
  /** Where the uses of a delegation are counted. */
  delegations: DelegationStore;
  clock: () => number;
  /** Who knows more claims; absent: nobody. */
  claims?: ClaimsProvider | undefined;
}

/** What a permit leads to. */
export interface PermittedToken {
  token: IssuedToken;
  /** As they are signed, but for `jti`, what binds it, and the tokens inside. */
  claims: JsonObject;
}

/** The outcome of the rules of delegation for one question. */
export type ExchangeVerdict = { record: DecisionRecord } & (
  | ({ verdict: 'permit' } & PermittedToken)
  | { verdict: 'deny'; reason: Reason; needs: readonly string[]; cause: string | undefined }
  | { verdict: 'error'; failure: UpstreamError }
);

/** The rules with what they need: the same for every grant. */
export interface DelegationRules {
  settings: RuleSettings;
  ports: ExchangePorts;
}

/**
 * Decides by docs/delegation.md, in its order, issuing nothing: the one path of every grant, real or explained.
 * A dependency's failure is an outcome of its own, never a permit or a deny. `uses`: what may be used once is used up by
 * a permit; explain leaves it. `before`: what was decided before, whose checks come first on the record.
 */
export async function decideExchange(
  inquiry: Inquiry,
  rules: DelegationRules,
  { uses = false, before }: { uses?: boolean; before?: DecisionRecord } = {},
): Promise<ExchangeVerdict> {
  const record = createDecisionRecord(before?.checks);
  try {
    const { origin, caller, terms } = inquiry;
    const { subject, actor, received, reader } = await inquiry.readParties(record);
    const question = { origin, caller, terms, subject, actor, received, reader };
    const standing = await judgeTokens(question, record, rules);
    const request = policy.policyRequest(question, standing.inbound_chain);
    const context = { ...inquiry.context, subjectToken: received };
    const decision = await rules.ports.policies.decide(request, context);
    record.decision = decision;
    const { authority, begun, token: settled } = settleToken(question, { record, standing, decision }, rules);
    const claimsInquiry = { question, request, context, authority };
    const additionalClaims = await addClaims(claimsInquiry, record, rules.ports.claims);
    const outer = { ...settled, additionalClaims };
    const claims = renderClaims(outer);
    record.pass('token', checkIssuable(claims));
    const inside = authority.embed.length > 0 ? record.pass('embedding', embedTokens(outer, authority)) : [];
    const token = { ...outer, embedded: inside };
    if (inquiry.afterPermit) record.pass('asking', agreements.agreementToAsk(question, token));
    await useUp({ inquiry, question, agreed: standing.agreed, begun, uses }, record, rules.ports.delegations);
    return { verdict: 'permit', token, claims, record };
  } catch (error) {
    if (error instanceof Refused) {
      const { reason, needs, cause } = error;
      return { verdict: 'deny', reason, needs: [needs], cause, record };
    }
    if (error instanceof UpstreamError) return { verdict: 'error', failure: error, record };
    throw error;
  }
}

interface Using {
  inquiry: Inquiry;
  question: Question;
  agreed: agreements.AgreedDelegation | undefined;
  begun: Delegation | undefined;
  uses: boolean;
}

/** The last steps: nothing refused before costs a use, or leaves a delegation behind. */
async function useUp(
  { inquiry, question, agreed, begun, uses }: Using,
  { pass }: DecisionRecord,
  delegations: DelegationStore,
): Promise<void> {
  if (inquiry.useUp) pass('single_use', await inquiry.useUp(question, { spend: uses }));
  if (agreed?.agreement.uses !== undefined) {
    pass('delegation_uses', await agreements.checkUses(agreed, delegations, { spend: uses }));
  }
  if (begun) pass('delegation_record', await checkRecord(begun, delegations, { record: uses }));
}

/** What the tokens themselves settle. */
interface Standing extends Pick<Findings, 'actor' | 'consent' | 'inbound_chain' | 'inbound_act_as'> {
  agreed: agreements.AgreedDelegation | undefined;
  /** `iat` of what is issued, epoch seconds. */
  issuedAt: number;
}

/** Sections 2 to 6 as far as no policy is needed. */
async function judgeTokens(
  question: Question,
  { pass }: DecisionRecord,
  { settings, ports }: DelegationRules,
): Promise<Standing> {
  const actor = pass('actor', actors.identifyActor(question));
  if (question.actor) pass('actor_is_not_subject', actors.checkActorIsNotSubject(actor, question.subject));
  const consent = pass('consent', permission.checkConsent(question, actor, settings));
  const agreed = agreements.isAgreed(question) ? pass('agreement', agreements.checkAgreement(question)) : undefined;
  const inbound_chain = pass('inbound_chain', chains.readInboundChain(question.subject));
  const says = question.subject.claims['act_as'] !== undefined;
  const inbound_act_as = says ? pass('inbound_act_as', chains.readInboundActAs(question.subject)) : undefined;
  pass('sender_constraint', attenuation.checkSenderConstraint(question));
  pass('caller_audience', attenuation.checkCallerAudience(question, settings));
  const ceiling = ports.policies.liftsScopeCeiling() ? 'open' : attenuation.defaultScopeCeiling(question, settings);
  pass('scope_ceiling', attenuation.checkScopeCeiling(question, ceiling));
  // Before the question: a cut-off that comes while policies are asked ends what they permit as well.
  const issuedAt = ports.clock();
  pass('revocation', await checkRevocation(question, ports.revocations, agreed));
  return { actor, consent, agreed, inbound_chain, inbound_act_as, issuedAt };
}

/** The shrinking of the token to what tokens, policy and configuration all allow: the rest of sections 2 to 6. */
function settleToken(
  question: Question,
  { record, standing, decision }: { record: DecisionRecord; standing: Standing; decision: ChainDecision },
  { settings, ports }: DelegationRules,
): Begun & { authority: Authority } {
  const { pass } = record;
  const { actor, consent, agreed, inbound_chain, inbound_act_as: inboundActAs, issuedAt } = standing;
  if (question.reader) pass('decided_by', policy.checkDecider(decision, question.reader));
  const decided = pass('policy', policy.checkDecision(decision, question, settings));
  const bounded = agreed && agreements.boundAuthority(decided, agreed, issuedAt);
  const authority = bounded ? pass('agreed_authority', bounded) : decided;
  pass('actor_binding', actors.checkActorBinding(question, authority, settings));
  if (question.origin === 'act_as') pass('act_as', checkActAs(question, authority));
  if (question.origin === 'login_hint') pass('may_ask_subject', permission.checkMayAskSubject(authority));
  pass('permission', permission.checkPermission(actor, { question, consent, authority }, settings));

  const delegates = question.actor !== undefined || authority.clientAsActor;
  if (!question.actor && delegates)
    pass('actor_is_not_subject', actors.checkActorIsNotSubject(actor, question.subject));
  const act = pass('chain', chains.buildChain(inbound_chain, delegates ? actor : undefined, settings));
  const lineage = pass('lineage', buildLineage(question, settings));
  const scopes = pass('scope', attenuation.grantScopes(question, authority, settings));
  const expiresAt = pass(
    'lifetime',
    attenuation.grantLifetime(question, authority, { issuedAt, now: ports.clock(), settings }),
  );
  const form = { actClaims: settings.actClaims, form: authority.actAsForm ?? settings.actAsForm };
  const placed = placeParties(question, { actor, act, inboundActAs }, form);
  const token = {
    issuer: settings.issuer,
    subject: placed.subject,
    act: placed.act,
    actAs: placed.actAs,
    client: { iss: question.caller.issuer, clientId: question.caller.clientId, own: question.caller.own },
    audiences: authority.audiences,
    additionalClaims: authority.additionalClaims,
    carriedClaims: agreements.withoutAgreements(authority.carriedClaims),
    agreement: agreed?.agreement,
    embedded: [],
    scopes,
    lineage,
    issuedAt,
    expiresAt,
  };
  return { ...beginDelegation(question, { actor, token }, settings), authority };
}
