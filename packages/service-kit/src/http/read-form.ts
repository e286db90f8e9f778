import type { IncomingMessage } from 'node:http';
import { type Form, OAuthError, parseForm } from '@mandate/oauth';
import { readBody } from './read-body.js';

const FORM_TYPE = 'application/x-www-form-urlencoded';
const UTF8_PARAMETER = /^charset="?utf-?8"?$/;

/**
 * Reads the form of a request. An empty body is an empty form whatever its type (IMS).
 * @throws OAuthError 415 for another content type or charset, 400 for what is not form-urlencoded UTF-8, 413.
 */
export async function readForm(request: IncomingMessage): Promise<Form> {
  const body = await readBody(request);
  if (body.length === 0) return new Map();
  if (!isFormType(request.headers['content-type'])) {
    throw new OAuthError('invalid_request', `The content type must be ${FORM_TYPE} in UTF-8`, { status: 415 });
  }
  return parseForm(decodeUtf8(body));
}

/** A form with the values that `names` have in the query string added to it. */
export function withQueryParameters(form: Form, url: string, names: readonly string[]): Form {
  const start = url.indexOf('?');
  if (names.length === 0 || start === -1) return form;
  const query = parseForm(url.slice(start + 1));
  const merged = new Map(form);
  for (const name of names) {
    const values = [...(form.get(name) ?? []), ...(query.get(name) ?? [])];
    if (values.length > 0) merged.set(name, values);
  }
  return merged;
}

function isFormType(contentType: string | undefined): boolean {
  const [type, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charsets = parameters.filter((parameter) => parameter.startsWith('charset'));
  return type === FORM_TYPE && charsets.length <= 1 && charsets.every((charset) => UTF8_PARAMETER.test(charset));
}

function decodeUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new OAuthError('invalid_request', 'The form is not UTF-8');
  }
}
