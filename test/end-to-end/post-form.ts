export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** `Authorization` of a client whose id and secret need no escaping. */
export function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
}

/** Posts a form and reads the JSON answer; an empty body is `{}`. */
export async function postForm(
  url: string,
  form: Record<string, string> | string,
  authorization?: string,
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: authorization === undefined ? {} : { authorization },
  });
  const text = await response.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, headers: response.headers, body };
}

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const AM_SESSION = 'urn:mandate:token-type:am-session';
export const CIBA = 'urn:openid:params:grant-type:ciba';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';
export const LOGIN_HINT = 'urn:mandate:token-type:login-hint';
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** The form of RFC 8693 section 2.1 for two access tokens. */
export function exchangeForm(tokens: { subject: string; actor?: string }, fields: Record<string, string> = {}) {
  return {
    grant_type: TOKEN_EXCHANGE,
    subject_token: tokens.subject,
    subject_token_type: ACCESS_TOKEN,
    ...(tokens.actor !== undefined && { actor_token: tokens.actor, actor_token_type: ACCESS_TOKEN }),
    ...fields,
  };
}
