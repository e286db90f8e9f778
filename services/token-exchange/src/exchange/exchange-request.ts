import type { DefaultTarget } from '@mandate/clients';
import {
  type Form,
  type ResourceSyntax,
  type TokenType,
  JWT_TOKEN_TYPES,
  OAuthError,
  TOKEN_TYPE,
  parseActAs,
  parseTokenType,
  requiredParameter,
  requiredTokenParameter,
  singleParameter,
  tokenParameter,
} from '@mandate/oauth';
import type { Terms } from './question.js';
import { parseTerms } from './terms.js';

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
  /** Prefixes of scopes that name whom to act as. */
  actAsPrefixes: readonly string[];
  /** Types a subject token may be declared as here. */
  subjectTokenTypes: readonly TokenType[];
}

/**
 * `defaultTargets` are those of the caller's record, for a request that names none.
 * @throws OAuthError `invalid_request`, `invalid_target` or `invalid_scope`.
 */
export function parseExchangeRequest(
  form: Form,
  syntax: ExchangeRequestSyntax,
  defaultTargets: readonly DefaultTarget[] = [],
): ExchangeRequest {
  if (parseActAs(form, syntax.actAsPrefixes) !== undefined) {
    throw new OAuthError('invalid_request', 'Whom to act as is named with an assertion, not with a subject token');
  }
  const subjectToken = requiredTokenParameter(form, 'subject_token');
  const subjectType = parseSubjectType(requiredParameter(form, 'subject_token_type'), syntax.subjectTokenTypes);
  return {
    subject: { token: subjectToken, declaredType: subjectType },
    actor: parseActor(form),
    terms: parseTerms(form, syntax.resourceSyntax, defaultTargets),
  };
}

/** RFC 8693 section 2.1: `actor_token_type` is required with, and not allowed without, `actor_token`. */
export function parseActor(form: Form): PresentedToken | undefined {
  const token = tokenParameter(form, 'actor_token');
  const type = singleParameter(form, 'actor_token_type');
  if (token === undefined && type === undefined) return undefined;
  if (token === undefined || type === undefined) {
    throw new OAuthError('invalid_request', 'Parameters actor_token and actor_token_type go together');
  }
  return { token, declaredType: parseType(type, JWT_TOKEN_TYPES) };
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
