import type { ActClaimForm } from '@mandate/oauth';
import type { ActAsForm, ScopeCeiling, SeveralTargets } from '@mandate/policy';

/** The operator's choices within docs/delegation.md. */
export interface RuleSettings {
  /** Our own issuer identifier: `iss` of what is issued, and the issuer of clients that authenticate here. */
  issuer: string;
  /** Where a bare name in a policy, or a `may_act` without `iss`, names somebody (section 1). */
  defaultActorIssuers: readonly string[];
  actClaims: ActClaimForm;
  /** `caller`: an actor access token must be bound to the calling client; `ims`: it need not (section 2). */
  actorTokenBinding: 'caller' | 'ims';
  impersonationDefault: 'allow' | 'deny';
  /** How a token says that somebody acts as somebody, where no rule says it (section 9). */
  actAsForm: ActAsForm;
  actMaxDepth: number;
  actAllowLoops: boolean;
  /** `undefined`: `subject` for access tokens, `policy` for others (section 5). */
  scopeCeiling: ScopeCeiling | undefined;
  /** Several targets whose scopes differ: refused, or one token for all (section 5). */
  severalTargets: SeveralTargets;
  /** `undefined`: checked for access tokens of our own issuers (section 5). */
  subjectAudienceCheck: boolean | undefined;
  /** `all`: the exchange of a foreign token begins a delegation too (section 10). */
  delegationRecords: 'agreed' | 'all';
  /** Longest lifetime of an issued token, in seconds. */
  maxLifetimeSeconds: number;
}
