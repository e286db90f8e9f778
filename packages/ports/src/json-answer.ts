import type { HttpResponse } from './http-client.js';
import { type JsonObject, type JsonValue, isJsonObject } from './json-value.js';
import { JsonSyntaxError, parseStrictJson } from './strict-json.js';
import { UpstreamError } from './upstream-error.js';

/** The JSON that a dependency answered. @throws UpstreamError `malformed`, saying what is wrong and where. */
export function parseJsonAnswer(dependency: string, body: string): JsonValue {
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new UpstreamError(dependency, 'malformed', `the answer is not JSON: ${error.message}`);
  }
}

/** As {@link parseJsonAnswer}, of an answer that also says that it is JSON. */
export function parseDeclaredJson(dependency: string, { headers, body }: HttpResponse): JsonValue {
  if (/^application\/json *(?:;|$)/i.test(headers['content-type'] ?? '')) return parseJsonAnswer(dependency, body);
  throw new UpstreamError(dependency, 'malformed', 'the answer is not JSON');
}

/** The object that a text is in JSON; `undefined` for any other text. */
export function jsonObjectIn(text: string): JsonObject | undefined {
  try {
    const value = parseStrictJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}
