import { OAuthError } from './oauth-error.js';

/** A form as received: each name with its non-empty values in order. An empty value is an absent one (RFC 6749 section 3.2). */
export type Form = ReadonlyMap<string, readonly string[]>;

const MAX_PARAMETERS = 1000;
const ENCODED = /[%+]/;
const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/**
 * Reads `application/x-www-form-urlencoded` text. Names are plain strings: brackets and `__proto__` mean nothing.
 * @throws OAuthError `invalid_request` for a broken escape, invalid UTF-8 or more than 1,000 parameters.
 */
export function parseForm(text: string): Form {
  const form = new Map<string, string[]>();
  if (text === '') return form;
  const pairs = text.split('&', MAX_PARAMETERS + 1);
  if (pairs.length > MAX_PARAMETERS) throw new OAuthError('invalid_request', 'Too many parameters');
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = formDecode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : formDecode(pair.slice(equals + 1));
    if (name === undefined || value === undefined) {
      throw new OAuthError('invalid_request', 'The form is not valid form-urlencoded UTF-8');
    }
    if (value === '') continue;
    const values = form.get(name);
    if (values === undefined) form.set(name, [value]);
    else values.push(value);
  }
  return form;
}

/** Decodes one form-urlencoded name or value (RFC 6749 appendix B); `undefined` when it is not one. */
export function formDecode(text: string): string | undefined {
  if (!ENCODED.test(text)) return text;
  if (BROKEN_ESCAPE.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/**
 * The value of a parameter that may occur once, or `undefined`.
 * @throws OAuthError `invalid_request` when it is repeated (RFC 6749 section 3.2).
 */
export function singleParameter(form: Form, name: string): string | undefined {
  const values = form.get(name);
  if (values !== undefined && values.length > 1) {
    throw new OAuthError('invalid_request', `Parameter ${name} is repeated`);
  }
  return values?.[0];
}

/**
 * As {@link singleParameter}, for a token. What reads one from a file often sends the line break at its end along; the
 * token is refused all the same, since it has one textual form, but not without saying why.
 * @throws OAuthError `invalid_request`
 */
export function tokenParameter(form: Form, name: string): string | undefined {
  const token = singleParameter(form, name);
  if (token === undefined || !/\s$/.test(token)) return token;
  throw new OAuthError('invalid_request', `Parameter ${name} ends with a line break or a space: send the token alone`);
}

/** As {@link singleParameter}, but its absence is `invalid_request` as well. */
export function requiredParameter(form: Form, name: string): string {
  return present(singleParameter(form, name), name);
}

/** As {@link tokenParameter}, but its absence is `invalid_request` as well. */
export function requiredTokenParameter(form: Form, name: string): string {
  return present(tokenParameter(form, name), name);
}

function present(value: string | undefined, name: string): string {
  if (value === undefined) throw new OAuthError('invalid_request', `Parameter ${name} is missing`);
  return value;
}

/** All values of a parameter that may repeat (`resource`, `audience`; RFC 8693 section 2.1), without duplicates. */
export function repeatedParameter(form: Form, name: string): string[] {
  return [...new Set(form.get(name) ?? [])];
}
