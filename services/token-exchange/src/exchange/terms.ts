import {
  type Form,
  type ResourceSyntax,
  type TokenType,
  OAuthError,
  TOKEN_TYPE,
  isValidAudience,
  isValidResource,
  parseRequestedTokenType,
  parseScope,
  repeatedParameter,
  singleParameter,
} from '@mandate/oauth';
import type { Terms } from './question.js';

const MAX_TARGETS = 32;

/** What a request asks for, the same in every grant. @throws OAuthError `invalid_target`, `invalid_scope`, `invalid_request`. */
export function parseTerms(form: Form, syntax: ResourceSyntax): Terms {
  const { resources, audiences } = parseTargets(form, syntax);
  return {
    resources,
    audiences,
    scopes: parseScope(form.get('scope')?.join(' ')),
    requestedTokenType: parseRequestedType(singleParameter(form, 'requested_token_type')),
    narrow: parseNarrow(singleParameter(form, 'narrow')),
  };
}

function parseRequestedType(identifier: string | undefined): TokenType {
  if (identifier === undefined) return TOKEN_TYPE.accessToken;
  const type = parseRequestedTokenType(identifier);
  if (type === undefined) throw new OAuthError('invalid_request', 'The requested token type is not supported');
  return type;
}

function parseTargets(form: Form, syntax: ResourceSyntax): { resources: string[]; audiences: string[] } {
  const resources = repeatedParameter(form, 'resource');
  const audiences = repeatedParameter(form, 'audience');
  if (!resources.every((resource) => isValidResource(resource, syntax))) {
    throw new OAuthError('invalid_target', 'A resource is not an absolute URI without a fragment');
  }
  if (!audiences.every(isValidAudience)) throw new OAuthError('invalid_target', 'An audience is not a valid name');
  if (resources.length + audiences.length > MAX_TARGETS) {
    throw new OAuthError('invalid_target', `At most ${MAX_TARGETS} targets are accepted`);
  }
  return { resources, audiences };
}

function parseNarrow(value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw new OAuthError('invalid_request', 'Parameter narrow is true or false');
}
