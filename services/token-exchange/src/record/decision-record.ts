import type { ActClaim, EffectiveActor, Identity } from '@mandate/oauth';
import type { Agreement, Delegation } from '@mandate/delegations';
import type { Authority, ChainDecision } from '@mandate/policy';
import type { JsonObject } from '@mandate/ports';
import type { OpenQuestion } from '../consent/consent-handle.js';
import type { EmbeddedToken } from '../issue/token-claims.js';
import type { Party } from '../exchange/question.js';
import type { AgreedDelegation } from '../rules/agreement.js';
import type { Checked, LazyFacts } from '../rules/checked.js';
import type { Lineage } from '../rules/lineage.js';
import type { Reason } from '../rules/reasons.js';

/** Every check by its name in an explanation, with what it finds out. In the order made: docs/delegation.md. */
export interface Findings {
  /** Explain alone says it: an exchange of a caller that may not use the grant is not decided. */
  caller: undefined;
  distinct_tokens: undefined;
  subject_token: Party;
  actor_token: Party;
  assertion: Party;
  /** Whom somebody wants to act as. */
  named_subject: Identity;
  assertion_issuer: undefined;
  asserting_client: { subjectIssuer: string };
  assertion_terms: undefined;
  /** Whom a client asserts: only the name is the client's to say. */
  asserted_subject: Party;
  assertion_audience: undefined;
  subject_token_type: undefined;
  actor_token_type: undefined;
  actor: EffectiveActor;
  actor_is_not_subject: undefined;
  /** Whether consent was given and is believed. */
  consent: boolean;
  /** What the person agreed to whose token this is. */
  agreement: AgreedDelegation;
  inbound_chain: ActClaim | undefined;
  inbound_act_as: ActClaim | undefined;
  sender_constraint: undefined;
  caller_audience: undefined;
  scope_ceiling: undefined;
  revocation: undefined;
  decided_by: undefined;
  policy: Authority;
  /** What policy and person both allow. */
  agreed_authority: Authority;
  actor_binding: undefined;
  act_as: undefined;
  may_ask_subject: undefined;
  permission: undefined;
  chain: ActClaim | undefined;
  lineage: Lineage;
  scope: string[];
  /** `exp` of the token, epoch seconds. */
  lifetime: number;
  claims: JsonObject;
  embedding: EmbeddedToken[];
  token: undefined;
  single_use: undefined;
  /** What the person is to be asked. */
  asking: Agreement;
  /** The question that the person was asked before; `undefined`: none yet. */
  auth_req_id: OpenQuestion | undefined;
  /** The token of what the person agreed to. */
  subject_answer: string;
  /** The person as if they had agreed: explain asks nobody. */
  assumed_answer: Party;
  /** The answer names the actor that the person was asked for. */
  agreed_actor: undefined;
  delegation_uses: undefined;
  /** What the exchange of a foreign token began. */
  delegation_record: Delegation;
}

/** One check that was made. */
export interface CheckRecord {
  check: keyof Findings;
  reason?: Reason;
  facts: LazyFacts;
}

/** What is known of a question so far, kept once: for the rules, the decision log and explain. */
export interface DecisionRecord {
  readonly checks: readonly CheckRecord[];
  readonly findings: Partial<Findings>;
  /** What the policies answered, whatever came of it. */
  decision: ChainDecision | undefined;
  /** Adds a check and returns what it found. @throws Refused when it failed. */
  pass: <Name extends keyof Findings>(check: Name, result: Checked<Findings[Name]>) => Findings[Name];
}

/** Ends a pipeline at the first check that fails. Caught by the pipeline itself, never seen by a caller. */
export class Refused extends Error {
  readonly reason: Reason;
  readonly needs: string;
  override readonly cause: string | undefined;

  constructor({ reason, needs, cause }: { reason: Reason; needs: string; cause?: string | undefined }) {
    super(reason);
    this.name = 'Refused';
    this.reason = reason;
    this.needs = needs;
    this.cause = cause;
  }
}

export function createDecisionRecord(before: readonly CheckRecord[] = []): DecisionRecord {
  const checks = [...before];
  const findings: Partial<Findings> = {};
  return {
    checks,
    findings,
    decision: undefined,
    pass(check, result) {
      if (!result.ok) {
        checks.push({ check, reason: result.reason, facts: result.facts });
        throw new Refused(result);
      }
      checks.push({ check, facts: result.facts });
      findings[check] = result.value;
      return result.value;
    },
  };
}
