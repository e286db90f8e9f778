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
  repeatedParameter,
  singleParameter,
} from '@mandate/oauth';
import type { Terms } from './question.js';

/**
 * What a request asks for, the same in every grant; `defaultTargets` are those of the caller's record.
 * @throws OAuthError `invalid_target`, `invalid_scope`, `invalid_request`.
 */
export function parseTerms(form: Form, syntax: ResourceSyntax, defaultTargets: readonly DefaultTarget[]): Terms {
  return {
    ...parseTargets(form, syntax, defaultTargets),
    scopes: parseScope(form.get('scope')?.join(' ')),
    requestedTokenType: parseRequestedType(singleParameter(form, 'requested_token_type')),
    narrow: parseNarrow(singleParameter(form, 'narrow')),
    purpose: singleParameter(form, 'purpose'),
  };
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
