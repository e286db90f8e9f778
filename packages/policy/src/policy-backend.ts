import type { ChainedActor, Identity, NamedIdentity, TokenType } from '@mandate/oauth';
import type { JsonObject, TraceContext } from '@mandate/ports';

/** Somebody in a policy question: the identity and the verified claims that name it. Never a raw token. */
export interface PolicyParty extends Identity {
  claims: JsonObject;
}

/** Who asks: the client `id` of the issuer `iss`. `own`: one of ours; a bare client id in a policy names those only. */
export interface PolicyClient {
  id: string;
  iss: string;
  own: boolean;
  scopes: readonly string[];
  attributes: JsonObject;
}

/** How a question came about: with the subject's token, by an assertion, by the name of whom to act as, or of whom to ask. */
export type Origin = 'token_exchange' | 'user_assertion' | 'act_as' | 'login_hint';

/** The question put to a policy: may `actor` act for `subject` at these targets, as asked by `client`? */
export interface PolicyRequest {
  origin: Origin;
  subject: PolicyParty;
  actor: PolicyParty | null;
  /** Who acted before, newest first. */
  chain: readonly ChainedActor[];
  client: PolicyClient;
  resources: readonly string[];
  audiences: readonly string[];
  scopes: readonly string[];
  requestedTokenType: TokenType;
}

/** How a token says that somebody acts as somebody: with the actor in `act`, or with the subject in `act_as`. */
export type ActAsForm = 'act' | 'act_as';

/** What a grant says beyond what the 2018 services knew: the same in a rule, from OPA and from AM. */
export interface DelegationMembers {
  /** `true`: actors that are listed may act as the subject without a token of theirs. */
  actAs?: boolean | undefined;
  actAsForm?: ActAsForm | undefined;
  /** `true`: the subject may be asked whether the actor may act for them. */
  mayAskSubject?: boolean | undefined;
  /** Claims of the issued token that are those of somebody in the question. */
  claimsFrom?: readonly ClaimFrom[] | undefined;
  /** Whether the claims provider is asked; `required`: without its answer there is no token. */
  claimsProvider?: 'required' | 'optional' | undefined;
  /** Narrower tokens inside the token, for services behind its audience. */
  embed?: readonly EmbeddedGrant[] | undefined;
}

/** A token inside a token: in which claim, for whom, to do what. */
export interface EmbeddedGrant {
  claim: string;
  audience: string;
  scopes: readonly string[];
  expirationSeconds?: number | undefined;
  additionalClaims?: JsonObject | undefined;
}

/** A claim of the issued token, and of whom it is taken: of a client its attribute. */
export interface ClaimFrom {
  from: 'subject' | 'actor' | 'client';
  claim: string;
  /** What it is called in the issued token. */
  as: string;
}

/** What a policy grants at one audience. */
export interface Grant extends DelegationMembers {
  audience: string;
  /** Absent: what is asked, within the ceiling. */
  scopes?: readonly string[];
  expirationSeconds?: number;
  /** Absent: the policy does not say who may act. Empty: nobody may. */
  allowedActors?: readonly NamedIdentity[];
  additionalClaims?: JsonObject;
  /** Claims of the subject token that go on as they stand: those of an exchange in place. */
  carriedClaims?: JsonObject;
  /** `false`: an exchange without an actor token is refused. */
  impersonation?: boolean;
  /** Without an actor token the calling client becomes the actor. */
  clientAsActor?: boolean;
  /** The actor token may be issued to another client than the caller. */
  thirdPartyActor?: boolean;
  /** What bounds the scopes: the subject token's own (`subject`), or this grant alone (`policy`). */
  scopeCeiling?: ScopeCeiling;
}

export type ScopeCeiling = 'subject' | 'policy';

/** A rule that covers a target of the question, or any, but not this question: for explain alone. */
export interface UnmetRule {
  rule: string;
  /** Absent where the rule asks for no target. */
  target?: string;
  /** What of the rule does not hold, by the names of its members: `clients`, `subjects.claims.tenant`. */
  conditions: readonly string[];
}

/**
 * A policy's answer. A dependency's failure is none of these: it is thrown as `UpstreamError`.
 * `rules` name what decided, for the log and for explain; `unmet` is of the targets in `uncovered`; `id` is the backend's
 * own name for the decision, under which its log has it, and `labels` are what it says of the instance that decided.
 */
export type PolicyDecision = { id?: string; labels?: Readonly<Record<string, string>> } & (
  | { outcome: 'permit'; rules: readonly string[]; grants: readonly Grant[] }
  | { outcome: 'deny'; rules: readonly string[]; reason?: string }
  | { outcome: 'not_applicable'; uncovered?: readonly string[]; unmet?: readonly UnmetRule[] }
);

/** The subject token as received: for an upstream that must see it, and for nothing else. Never logged. */
export interface ReceivedToken {
  token: string;
  declaredType: TokenType;
  /** Who vouches for the subject's claims where the token is no JWT that was verified here. */
  readBy?: string | undefined;
}

/** What belongs to the request rather than to the question. */
export interface PolicyContext extends TraceContext {
  /** `undefined` for a subject that the request only named. */
  subjectToken: ReceivedToken | undefined;
  /** The bearer token the caller sent, where it did; only for an upstream that the caller may ask itself. */
  callerToken?: string | undefined;
  /** Aborts when nobody waits for the answer any more; made when it is asked for. */
  signal: () => AbortSignal;
}

/** The port every policy backend implements. */
export interface PolicyBackend {
  readonly name: string;
  /** @throws UpstreamError when the backend cannot give a complete, well-formed answer. */
  decide(request: PolicyRequest, context: PolicyContext): Promise<PolicyDecision>;
  /** Whether a grant of this backend can lift the scope ceiling `subject`; absent: never. */
  liftsScopeCeiling?(): boolean;
  check?(): Promise<void>;
}
