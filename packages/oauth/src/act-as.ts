import { isJsonObject, type JsonValue, jsonObjectIn } from '@mandate/ports';
import { type Form, singleParameter } from './form.js';
import { OAuthError } from './oauth-error.js';

/** Whom a request wants to act as. */
export interface ActAs {
  name: string;
  /** The prefix of the scope that named them; absent: the `claims` parameter did. */
  prefix?: string;
}

const MAX_NAME_LENGTH = 256;
const MAX_CLAIMS_LENGTH = 4096;
// eslint-disable-next-line no-control-regex -- control characters never belong in a name
const CONTROL_CHARACTER = /[\x00-\x1f\x7f]/;

/**
 * Whom a form wants to act as: `scope=act_as:<name>`, or `claims={"access_token":{"act_as":{"value":"<name>"}}}`.
 * `undefined`: nobody. @throws OAuthError `invalid_request` for more than one, or for what names nobody.
 */
export function parseActAs(form: Form, prefixes: readonly string[]): ActAs | undefined {
  const [first, ...others] = [...namesInScope(form, prefixes), ...nameInClaims(form)];
  if (first === undefined) return undefined;
  if (others.length > 0) throw invalid('The request names more than one to act as');
  const { name } = first;
  if (name === '') throw invalid('The request to act as somebody has no name');
  if (name.length > MAX_NAME_LENGTH || CONTROL_CHARACTER.test(name)) {
    throw invalid(`The name to act as is longer than ${MAX_NAME_LENGTH} characters, or has a control character`);
  }
  return first;
}

/** The scopes of a list that do not say whom to act as. */
export function withoutActAs(scopes: readonly string[], prefixes: readonly string[]): string[] {
  return scopes.filter((scope) => prefixOf(scope, prefixes) === undefined);
}

/** In the form as it is, since a list of scopes has none twice. */
function namesInScope(form: Form, prefixes: readonly string[]): ActAs[] {
  const named: ActAs[] = [];
  for (const scope of (form.get('scope') ?? []).join(' ').split(' ')) {
    const prefix = prefixOf(scope, prefixes);
    if (prefix !== undefined) named.push({ prefix, name: scope.slice(prefix.length) });
  }
  return named;
}

/** The longest, where one prefix begins with another. */
function prefixOf(scope: string, prefixes: readonly string[]): string | undefined {
  const matches = prefixes.filter((prefix) => scope.startsWith(prefix));
  return matches.sort((a, b) => b.length - a.length)[0];
}

function nameInClaims(form: Form): ActAs[] {
  const text = singleParameter(form, 'claims');
  if (text === undefined) return [];
  if (text.length > MAX_CLAIMS_LENGTH) throw invalid('Parameter claims is too large');
  const claims = jsonObjectIn(text);
  if (claims === undefined) throw invalid('Parameter claims is not a JSON object');
  const { access_token: ofToken } = claims;
  const request = isJsonObject(ofToken) && Object.hasOwn(ofToken, 'act_as') ? ofToken['act_as'] : undefined;
  return request === undefined ? [] : [{ name: nameOf(request) }];
}

function nameOf(request: JsonValue): string {
  const value = isJsonObject(request) ? request['value'] : undefined;
  if (typeof value === 'string') return value;
  throw invalid('Member act_as of parameter claims has no value that is a name');
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_request', description);
}
