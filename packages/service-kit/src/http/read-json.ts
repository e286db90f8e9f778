import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { OAuthError } from '@mandate/oauth';
import { type JsonObject, jsonObjectIn } from '@mandate/ports';
import { readBody } from './read-body.js';

const JSON_TYPE = /^application\/json(?:;charset="?utf-?8"?)?$/;

/**
 * Reads the JSON object of a request, held to the rules of every JSON that is read here.
 * @throws OAuthError 415 for another content type or charset, 400 for what is no JSON object, 413.
 */
export async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const body = await readBody(request);
  const contentType = (request.headers['content-type'] ?? '').toLowerCase().replaceAll(' ', '');
  if (!JSON_TYPE.test(contentType)) {
    throw new OAuthError('invalid_request', 'The content type must be application/json in UTF-8', { status: 415 });
  }
  const object = isUtf8(body) ? jsonObjectIn(body.toString('utf8')) : undefined;
  if (object === undefined) throw new OAuthError('invalid_request', 'The body is not a JSON object');
  return object;
}
