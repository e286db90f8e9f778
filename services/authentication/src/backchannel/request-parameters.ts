import { type Form, OAuthError } from '@mandate/oauth';
import { type JsonObject, type JsonValue } from '@mandate/ports';

/** The parameters of an authentication request (OpenID CIBA Core section 7.1; RFC 8707, RFC 9396). */
const PARAMETERS = [
  'scope',
  'client_notification_token',
  'acr_values',
  'login_hint_token',
  'id_token_hint',
  'login_hint',
  'binding_message',
  'user_code',
  'requested_expiry',
  'resource',
  'authorization_details',
];

/** Whether a form has parameters of an authentication request of its own, which it must not have beside a signed one. */
export function hasRequestParameters(form: Form): boolean {
  return PARAMETERS.some((name) => form.has(name));
}

/** The parameters that the claims of a signed request are (section 7.1.1). @throws OAuthError `invalid_request` */
export function parametersOfClaims(claims: JsonObject): Form {
  const present = PARAMETERS.filter((name) => Object.hasOwn(claims, name));
  return new Map(present.map((name) => [name, valuesOf(name, claims[name] ?? null)]));
}

/** `requested_expiry` may be a number there, `resource` several; of authorization details the value is JSON. */
function valuesOf(name: string, claim: JsonValue): string[] {
  if (name === 'authorization_details') return [JSON.stringify(claim)];
  if (name === 'requested_expiry' && typeof claim === 'number') return [String(claim)];
  if (name === 'resource' && Array.isArray(claim)) return claim.map((item) => textOf(name, item));
  return [textOf(name, claim)];
}

function textOf(name: string, claim: JsonValue): string {
  if (typeof claim === 'string' && claim !== '') return claim;
  throw new OAuthError('invalid_request', `The signed request has ${name} of another type`);
}
