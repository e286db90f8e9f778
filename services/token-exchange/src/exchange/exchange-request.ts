import type { DefaultTarget } from '@mandate/clients';
import {
  type Form,
  type ResourceSyntax,
  type TokenType,
  MAX_TARGETS,
  OAuthError,
  TOKEN_TYPE,
  isValidAudience,
  isValidResource,
  parseRequestedTokenType,
  parseScope,
  parseTokenType,
  repeatedParameter,
  requiredParameter,
  requiredTokenParameter,
  singleParameter,
  tokenParameter,
} from '@mandate/oauth';
import type { Terms } from './question.js';

/** A token as presented, with the type its sender declares. */
export interface PresentedToken {
  token: string;
  declaredType: TokenType;
}

/** A token exchange request (RFC 8693 section 2.1). */
export interface ExchangeRequest {
  subject: PresentedToken;
  actor: PresentedToken | undefined;
  terms: Terms;
}

export interface ExchangeRequestSyntax {
  resourceSyntax: ResourceSyntax;
  /** Types a subject token may be declared as here. */
  subjectTokenTypes: readonly TokenType[];
}

const ACTOR_TOKEN_TYPES: readonly TokenType[] = [TOKEN_TYPE.accessToken, TOKEN_TYPE.idToken, TOKEN_TYPE.jwt];

/**
 * `defaultTargets` are those of the caller's record, for a request that names none.
 * @throws OAuthError `invalid_request`, `invalid_target` or `invalid_scope`.
 */
export function parseExchangeRequest(
  form: Form,
  syntax: ExchangeRequestSyntax,
  defaultTargets: readonly DefaultTarget[] = [],
): ExchangeRequest {
  const subjectToken = requiredTokenParameter(form, 'subject_token');
  const subjectType = parseSubjectType(requiredParameter(form, 'subject_token_type'), syntax.subjectTokenTypes);
  return {
    subject: { token: subjectToken, declaredType: subjectType },
    actor: parseActor(form),
    terms: parseTerms(form, syntax.resourceSyntax, defaultTargets),
  };
}

/** What a request asks for, the same in every grant. @throws OAuthError `invalid_target`, `invalid_scope`, `invalid_request`. */
function parseTerms(form: Form, syntax: ResourceSyntax, defaultTargets: readonly DefaultTarget[]): Terms {
  return {
    ...parseTargets(form, syntax, defaultTargets),
    scopes: parseScope(form.get('scope')?.join(' ')),
    requestedTokenType: parseRequestedType(singleParameter(form, 'requested_token_type')),
    narrow: parseNarrow(singleParameter(form, 'narrow')),
  };
}

/** RFC 8693 section 2.1: `actor_token_type` is required with, and not allowed without, `actor_token`. */
function parseActor(form: Form): PresentedToken | undefined {
  const token = tokenParameter(form, 'actor_token');
  const type = singleParameter(form, 'actor_token_type');
  if (token === undefined && type === undefined) return undefined;
  if (token === undefined || type === undefined) {
    throw new OAuthError('invalid_request', 'Parameters actor_token and actor_token_type go together');
  }
  return { token, declaredType: parseType(type, ACTOR_TOKEN_TYPES) };
}

/** The session types of AM are known wherever this runs, and of use only where AM can be asked. */
function parseSubjectType(identifier: string, accepted: readonly TokenType[]): TokenType {
  if (parseTokenType(identifier) !== TOKEN_TYPE.amSession || accepted.includes(TOKEN_TYPE.amSession)) {
    return parseType(identifier, accepted);
  }
  const description = 'Sessions of AM are not read here: INTROSPECTION_OPENAM_SESSION_URL is not set';
  throw new OAuthError('invalid_request', description);
}

function parseType(identifier: string, accepted: readonly TokenType[]): TokenType {
  const type = parseTokenType(identifier);
  if (type === undefined || !accepted.includes(type)) {
    throw new OAuthError('invalid_request', 'The declared token type is not supported');
  }
  return type;
}

function parseRequestedType(identifier: string | undefined): TokenType {
  if (identifier === undefined) return TOKEN_TYPE.accessToken;
  const type = parseRequestedTokenType(identifier);
  if (type === undefined) throw new OAuthError('invalid_request', 'The requested token type is not supported');
  return type;
}

type Targets = Pick<Terms, 'resources' | 'audiences' | 'targetsFrom'>;

function parseTargets(form: Form, syntax: ResourceSyntax, defaultTargets: readonly DefaultTarget[]): Targets {
  const named: Targets = {
    resources: repeatedParameter(form, 'resource'),
    audiences: repeatedParameter(form, 'audience'),
    targetsFrom: 'request',
  };
  const isUnnamed = named.resources.length + named.audiences.length === 0 && defaultTargets.length > 0;
  const targets = isUnnamed ? targetsOfRecord(defaultTargets) : named;
  const { resources, audiences } = targets;
  if (!resources.every((resource) => isValidResource(resource, syntax))) {
    throw new OAuthError('invalid_target', 'A resource is not an absolute URI without a fragment');
  }
  if (!audiences.every(isValidAudience)) throw new OAuthError('invalid_target', 'An audience is not a valid name');
  if (resources.length + audiences.length > MAX_TARGETS) {
    throw new OAuthError('invalid_target', `At most ${MAX_TARGETS} targets are accepted`);
  }
  return targets;
}

function targetsOfRecord(defaultTargets: readonly DefaultTarget[]): Targets {
  return {
    resources: defaultTargets.flatMap((target) => ('resource' in target ? [target.resource] : [])),
    audiences: defaultTargets.flatMap((target) => ('audience' in target ? [target.audience] : [])),
    targetsFrom: 'client',
  };
}

function parseNarrow(value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw new OAuthError('invalid_request', 'Parameter narrow is true or false');
}
