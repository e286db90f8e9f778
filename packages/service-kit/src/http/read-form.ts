import { isAscii, isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type Form, OAuthError, parseForm } from '@mandate/oauth';
import type { EndpointRequest } from '../service.js';
import { readBody } from './read-body.js';

const FORM_TYPE = 'application/x-www-form-urlencoded';
const UTF8 = /^charset="?utf-?8"?$/;
/** What common HTTP clients declare by default. In ASCII alone, the form says the same in each of them. */
const ASCII_COMPATIBLE = /^charset="?(?:us-ascii|iso-8859-1)"?$/;

/**
 * Reads the form of a request. An empty body is an empty form whatever its type (IMS).
 * @throws OAuthError 415 for another content type or charset, 400 for what is not form-urlencoded UTF-8, 413.
 */
export async function readForm(request: IncomingMessage): Promise<Form> {
  const body = await readBody(request);
  if (body.length === 0) return new Map();
  const charset = formCharset(request.headers['content-type']);
  if (charset === 'other' || (charset === 'ascii' && !isAscii(body))) {
    throw new OAuthError('invalid_request', `The content type must be ${FORM_TYPE} in UTF-8`, { status: 415 });
  }
  if (!isUtf8(body)) throw new OAuthError('invalid_request', 'The form is not UTF-8');
  return parseForm(body.toString());
}

/** The form of a request with the values that `names` have in its query string added to it. */
export function withParameters(
  { form, query }: Pick<EndpointRequest, 'form' | 'query'>,
  names: readonly string[],
): Form {
  if (names.length === 0) return form;
  const parameters = query();
  if (parameters.size === 0) return form;
  const merged = new Map(form);
  for (const name of names) {
    const values = [...(form.get(name) ?? []), ...(parameters.get(name) ?? [])];
    if (values.length > 0) merged.set(name, values);
  }
  return merged;
}

/** How a form says that its bytes are to be read; `other`: it is none, or in an encoding that is not read here. */
function formCharset(contentType: string | undefined): 'utf-8' | 'ascii' | 'other' {
  if (contentType === FORM_TYPE) return 'utf-8';
  const [type, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const [charset, ...others] = parameters.filter((parameter) => parameter.startsWith('charset'));
  if (type !== FORM_TYPE || others.length > 0) return 'other';
  if (charset === undefined || UTF8.test(charset)) return 'utf-8';
  return ASCII_COMPATIBLE.test(charset) ? 'ascii' : 'other';
}
