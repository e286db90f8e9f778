import { type Clock } from '@mandate/ports';
import { type Identity, TOKEN_TYPE } from '@mandate/oauth';
import type { Grant, PolicyBackend, PolicyContext, PolicyDecision, PolicyRequest } from '../policy-backend.js';
import { type OwnClaims, readOwnClaims, restrictOwnClaims } from './own-claims.js';
import type { RemoteIntrospection } from './remote-introspection.js';

/** Name of the backend, and of the reader of opaque tokens that comes with it. */
export const JWT_POLICY = 'jwt';

/** What the 2018 services write where a token has no value (IMS). */
const NOT_AVAILABLE = 'N_A';
const RULE = 'in_place';

export interface JwtPolicyOptions {
  /** Who is asked whether the subject token is active; absent: its verification here is enough. */
  introspection?: RemoteIntrospection | undefined;
  /** The scope a caller needs besides that of the exchange. */
  requiredScope: string;
  /** Write `N_A` where the subject token has no `aud` or no scope. */
  notAvailable: boolean;
  /** Any actor whom the subject token's `may_act` does not forbid may act (IMS); default: only one whom it names. */
  anyActor?: boolean | undefined;
  clock: Clock;
}

/**
 * The exchange in place: no policy is asked, the subject token's own claims are all
 * that is granted. It applies where a JWT is requested, at the subject token's own audiences.
 */
export function createJwtPolicy(options: JwtPolicyOptions): PolicyBackend {
  return {
    name: JWT_POLICY,
    decide: async (request, context) => decide(options, request, context),
    liftsScopeCeiling: () => options.notAvailable,
  };
}

async function decide(
  options: JwtPolicyOptions,
  request: PolicyRequest,
  context: PolicyContext,
): Promise<PolicyDecision> {
  const targets = [...request.resources, ...request.audiences];
  if (request.requestedTokenType !== TOKEN_TYPE.jwt) return notApplicable(targets, 'requested_token_type');
  if (!request.client.scopes.includes(options.requiredScope)) return deny('caller_may_not_introspect');
  const own = await activeClaims(options, request, context);
  return typeof own === 'string' ? deny(own) : decideByClaims(own, request, options);
}

function decideByClaims(own: OwnClaims, request: PolicyRequest, options: JwtPolicyOptions): PolicyDecision {
  const targets = [...request.resources, ...request.audiences];
  const audience = own.audience ?? (options.notAvailable ? [NOT_AVAILABLE] : []);
  const uncovered = targets.filter((target) => !audience.includes(target));
  if (uncovered.length > 0) return notApplicable(uncovered, 'subject_token.aud');
  if (audience.length === 0) return deny('no_audience');
  const expirationSeconds = own.expiresAt === undefined ? undefined : Math.floor(own.expiresAt - options.clock());
  if (expirationSeconds !== undefined && expirationSeconds <= 0) return deny('expired');
  const terms = {
    ...scopeTerms(own, options),
    ...actorTerms(request, options),
    ...(expirationSeconds !== undefined && { expirationSeconds }),
  };
  const audiences = targets.length > 0 ? new Set(targets) : new Set(audience);
  const grants = [...audiences].map((name): Grant => ({ audience: name, ...terms, carriedClaims: own.carriedClaims }));
  return { outcome: 'permit', rules: [RULE], grants };
}

/** The subject token's claims as far as they still stand, or why they do not. */
async function activeClaims(
  { introspection }: JwtPolicyOptions,
  { subject: { claims } }: PolicyRequest,
  { subjectToken, ...context }: PolicyContext,
): Promise<OwnClaims | string> {
  if (subjectToken === undefined) return 'no_subject_token';
  // The reader of opaque tokens has introspected this one, in this very request.
  if (introspection === undefined || subjectToken.readBy === JWT_POLICY) return readOwnClaims(claims);
  if (!introspection.canAsk(context)) return 'caller_without_bearer_token';
  const answer = await introspection.introspect(subjectToken, context);
  return answer === undefined ? 'inactive' : restrictOwnClaims(claims, answer);
}

/** The consent of `may_act` is looked at with or without this, and binds. */
function actorTerms({ actor }: PolicyRequest, { anyActor }: JwtPolicyOptions): Pick<Grant, 'allowedActors'> {
  if (anyActor !== true || actor === null) return {};
  const identity: Identity = { iss: actor.iss, sub: actor.sub };
  return { allowedActors: [identity] };
}

/** `N_A` stands for no scope at all, so that no ceiling applies to it. */
function scopeTerms({ scopes }: OwnClaims, { notAvailable }: JwtPolicyOptions): Pick<Grant, 'scopes' | 'scopeCeiling'> {
  if (scopes !== undefined || !notAvailable) return { scopes: scopes ?? [] };
  return { scopes: [NOT_AVAILABLE], scopeCeiling: 'policy' };
}

/** The one rule there is would do for any target, but for a condition. */
function notApplicable(uncovered: readonly string[], condition: string): PolicyDecision {
  const unmet = [{ rule: RULE, conditions: [condition] }];
  return { outcome: 'not_applicable', uncovered, unmet };
}

function deny(reason: string): PolicyDecision {
  return { outcome: 'deny', rules: [RULE], reason };
}
