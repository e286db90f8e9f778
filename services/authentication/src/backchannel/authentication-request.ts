import type { Client } from '@mandate/clients';
import { type Agreement, isPlainLine, parseAuthorizationDetails } from '@mandate/delegations';
import {
  type Form,
  MAX_TARGETS,
  OAuthError,
  excessScopes,
  isValidResource,
  parseScope,
  repeatedParameter,
  requiredParameter,
  singleParameter,
} from '@mandate/oauth';
import { JsonSyntaxError, type JsonValue, parseStrictJson } from '@mandate/ports';
import { OPENID } from '../issue/person-tokens.js';

/** How a client says whom it asks. */
export interface Hint {
  kind: 'login_hint' | 'login_hint_token' | 'id_token_hint';
  value: string;
}

/** What a client asks a person (OpenID CIBA Core section 7.1). */
export interface AuthenticationRequest {
  hint: Hint;
  /** Of the access token; `openid` among them. */
  scopes: string[];
  resources: string[];
  agreement?: Agreement;
  bindingMessage?: string;
  acrValues: string[];
  /** Seconds. */
  requestedExpiry?: number;
  /** Of a client that is pinged. */
  notificationToken?: string;
}

export interface RequestRules {
  /** Epoch seconds. */
  now: number;
  /** Whether a client that signs its requests gives the person something to tell one from another by. */
  needsContext: boolean;
}

const HINTS = ['login_hint', 'login_hint_token', 'id_token_hint'] as const;
/** Of a hint, and of the `sub` that it names: whoever answers names no longer one. */
export const MAX_HINT_LENGTH = 256;
const MAX_MESSAGE_LENGTH = 64;
const MAX_ACR_VALUES_LENGTH = 1024;
const MAX_NOTIFICATION_TOKEN_LENGTH = 1024;
const NOTIFICATION_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const [SHORTEST_EXPIRY, LONGEST_EXPIRY] = [30, 600];

/**
 * Reads an authentication request. What the person agrees to bounds the scopes, and the client's record does in any case.
 * @throws OAuthError of section 13: `invalid_request`, `invalid_scope`, `invalid_binding_message`,
 * `invalid_authorization_details`, `invalid_target`.
 */
export function parseAuthenticationRequest(
  parameters: Form,
  client: Client,
  { now, needsContext }: RequestRules,
): AuthenticationRequest {
  const hint = readHint(parameters);
  const agreement = readAgreement(parameters, now);
  const bindingMessage = readBindingMessage(parameters);
  if (needsContext) checkContext(client, agreement ?? bindingMessage);
  const requestedExpiry = readExpiry(parameters);
  const notificationToken = readNotificationToken(parameters, client);
  return {
    hint,
    scopes: readScopes(parameters, client, agreement),
    resources: readResources(parameters),
    acrValues: readAcrValues(parameters),
    ...(agreement !== undefined && { agreement }),
    ...(bindingMessage !== undefined && { bindingMessage }),
    ...(requestedExpiry !== undefined && { requestedExpiry }),
    ...(notificationToken !== undefined && { notificationToken }),
  };
}

function readHint(parameters: Form): Hint {
  const [kind, ...others] = HINTS.filter((name) => parameters.has(name));
  if (kind === undefined || others.length > 0) {
    throw new OAuthError('invalid_request', `Name the person by exactly one of ${HINTS.join(', ')}`);
  }
  const value = requiredParameter(parameters, kind);
  if (kind === 'login_hint' && value.length > MAX_HINT_LENGTH) {
    throw new OAuthError('invalid_request', `Parameter login_hint is longer than ${MAX_HINT_LENGTH} characters`);
  }
  return { kind, value };
}

/** Without a scope beside `openid`, the token is for all that is agreed. */
function readScopes(
  parameters: Form,
  { scopes: registeredScopes }: Client,
  agreement: Agreement | undefined,
): string[] {
  const requestedScopes = parseScope(requiredParameter(parameters, 'scope'));
  if (!requestedScopes.includes(OPENID)) throw new OAuthError('invalid_scope', 'The scope lacks openid');
  const namedScopes = requestedScopes.filter((scope) => scope !== OPENID);
  const agreedScopes = agreement?.scopes ?? namedScopes;
  const isExcessive = excessScopes(namedScopes, agreedScopes).length > 0;
  if (isExcessive) throw new OAuthError('invalid_scope', 'The scope is more than the person would agree to');
  if (excessScopes([...namedScopes, ...agreedScopes], registeredScopes).length > 0) {
    throw new OAuthError('invalid_scope', 'The client may not ask for this scope');
  }
  return [OPENID, ...(namedScopes.length > 0 ? namedScopes : agreedScopes)];
}

function readAgreement(parameters: Form, now: number): Agreement | undefined {
  const details = singleParameter(parameters, 'authorization_details');
  if (details === undefined) return undefined;
  const agreement = parseAuthorizationDetails(jsonIn(details));
  if (agreement.until === undefined || agreement.until > now) return agreement;
  throw new OAuthError('invalid_authorization_details', 'The authorization details are over already');
}

function jsonIn(text: string): JsonValue {
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new OAuthError('invalid_authorization_details', 'The authorization details are not JSON');
  }
}

function readBindingMessage(parameters: Form): string | undefined {
  const message = singleParameter(parameters, 'binding_message');
  if (message === undefined || (isPlainLine(message) && Array.from(message).length <= MAX_MESSAGE_LENGTH))
    return message;
  const problem = `The binding message is not a plain line of 1 to ${MAX_MESSAGE_LENGTH} characters`;
  throw new OAuthError('invalid_binding_message', problem);
}

function readAcrValues(parameters: Form): string[] {
  const values = singleParameter(parameters, 'acr_values');
  if (values === undefined) return [];
  if (values.length > MAX_ACR_VALUES_LENGTH || !isPlainLine(values)) {
    const problem = `Parameter acr_values is not a plain line of 1 to ${MAX_ACR_VALUES_LENGTH} characters`;
    throw new OAuthError('invalid_request', problem);
  }
  return values.split(' ').filter((value) => value !== '');
}

/** FAPI-CIBA section 5.2.2: a client that signs its requests gives the person something to tell this one from others by. */
function checkContext(client: Client, context: Agreement | string | undefined): void {
  if (client.backchannelAuthenticationRequestSigningAlg === undefined || context !== undefined) return;
  throw new OAuthError('invalid_binding_message', 'A binding message or authorization details are needed');
}

function readExpiry(parameters: Form): number | undefined {
  const text = singleParameter(parameters, 'requested_expiry');
  if (text === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds >= SHORTEST_EXPIRY && seconds <= LONGEST_EXPIRY) return seconds;
  const range = `${SHORTEST_EXPIRY} to ${LONGEST_EXPIRY} seconds`;
  throw new OAuthError('invalid_request', `Parameter requested_expiry is not ${range}`);
}

/** Section 7.1: of a client that polls it means nothing. */
function readNotificationToken(parameters: Form, client: Client): string | undefined {
  if (client.backchannelTokenDeliveryMode !== 'ping') return undefined;
  const token = requiredParameter(parameters, 'client_notification_token');
  if (token.length <= MAX_NOTIFICATION_TOKEN_LENGTH && NOTIFICATION_TOKEN.test(token)) return token;
  throw new OAuthError('invalid_request', 'Parameter client_notification_token is not a bearer token');
}

/** RFC 8707 section 2. */
function readResources(parameters: Form): string[] {
  const resources = repeatedParameter(parameters, 'resource');
  if (resources.length <= MAX_TARGETS && resources.every((resource) => isValidResource(resource, 'uri'))) {
    return resources;
  }
  throw new OAuthError('invalid_target', 'A resource is no absolute URI without a fragment, or there are too many');
}
