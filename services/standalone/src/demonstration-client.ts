import { isJsonObject, type JsonObject, parseStrictJson } from '@mandate/ports';

export interface Answer {
  status: number;
  body: JsonObject;
}

/** Talks to the standalone as any client would: over HTTP, with the secrets of the development clients. */
export interface DemonstrationClient {
  post: (client: string, path: string, form: Record<string, string>) => Promise<Answer>;
  /** A token for a made-up user, from the development issuer. */
  userToken(form: Record<string, string>): Promise<string>;
}

export function createDemonstrationClient(url: string): DemonstrationClient {
  const post: DemonstrationClient['post'] = async (client, path, form) => {
    const authorization = `Basic ${Buffer.from(`${client}:${client}-development`).toString('base64')}`;
    const body = new URLSearchParams(form);
    const response = await fetch(`${url}${path}`, { method: 'POST', body, headers: { authorization } });
    return { status: response.status, body: parseObject(await response.text()) };
  };
  return {
    post,
    userToken: async (form) => textOf((await post('photo-app', '/development/token', form)).body['access_token']),
  };
}

/** The claims of a token, unverified: to show them. */
export function claimsOf(token: string): JsonObject {
  return parseObject(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

function parseObject(json: string): JsonObject {
  const value = json === '' ? {} : parseStrictJson(json);
  return isJsonObject(value) ? value : {};
}

export function textOf(value: JsonObject[string] | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
