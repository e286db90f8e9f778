export {
  type ActClaim,
  type ActClaimForm,
  type ChainedActor,
  actorsOf,
  chainIncludes,
  chainTooDeep,
  extendChain,
  parseActChain,
} from './actor-chain.js';
export { type ActAs, parseActAs, withoutActAs } from './act-as.js';
export { attenuateExpiry, attenuateScopes } from './attenuation.js';
export {
  type Authorization,
  type SecretCredentials,
  basicAuthorization,
  parseAuthorization,
} from './authorization-header.js';
export { CERTIFICATE_CONFIRMATION, REGISTERED_CLAIMS, additionalClaims, audienceClaim } from './registered-claims.js';
export {
  type Form,
  parseForm,
  repeatedParameter,
  requiredParameter,
  requiredTokenParameter,
  singleParameter,
  tokenParameter,
} from './form.js';
export { type Identity, type NamedIdentity, namesIdentity, parseNamedIdentity, sameIdentity } from './identity.js';
export { type Consent, type EffectiveActor, readConsent } from './may-act.js';
export { isNamePattern, matchesName } from './name-pattern.js';
export { distinct } from './distinct.js';
export { areNormal, contradiction, normalClaims } from './normal-claims.js';
export { ERROR_STATUS, OAuthError, type OAuthErrorCode, errorDescription } from './oauth-error.js';
export { excessScopes, formatScope, intersectScopes, isScopeToken, parseScope, scopesOfClaims } from './scopes.js';
export { type ResourceSyntax, MAX_TARGETS, isValidAudience, isValidResource } from './targets.js';
export {
  CIBA_GRANT,
  JWT_BEARER_CLIENT_ASSERTION,
  JWT_TOKEN_TYPES,
  CLIENT_CREDENTIALS_GRANT,
  JWT_BEARER_GRANT,
  REFRESH_TOKEN_GRANT,
  TOKEN_EXCHANGE_GRANT,
  TOKEN_TYPE,
  type TokenType,
  parseRequestedTokenType,
  parseTokenType,
} from './token-types.js';
