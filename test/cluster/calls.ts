/** A form that is posted. */
export interface Call {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Where the three services are. */
export interface Origins {
  authentication: string;
  'token-validation': string;
  'token-exchange': string;
}

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';
/** What the policy of the overlays is about. */
const RESOURCE = 'http://images.example.com:*/*';

const form = (url: string, authorization: string, members: Record<string, string>): Call => ({
  url,
  headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(members).toString(),
});

/** A client asks for its token. */
export function issueCall(origins: Origins, client: { id: string; secret: string }, scope: string): Call {
  const basic = Buffer.from(`${client.id}:${client.secret}`).toString('base64');
  const members = { grant_type: 'client_credentials', scope };
  return form(`${origins.authentication}/service/access_token`, `Basic ${basic}`, members);
}

/** The caller shows the subject's token, and its own as the actor; `members` add or replace. */
export function exchangeCall(
  origins: Origins,
  tokens: { subject: string; caller: string },
  members: Record<string, string> = {},
): Call {
  return form(`${origins['token-exchange']}/service/tokensts`, `Bearer ${tokens.caller}`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: tokens.subject,
    subject_token_type: ACCESS_TOKEN,
    actor_token: tokens.caller,
    actor_token_type: ACCESS_TOKEN,
    resource: RESOURCE,
    scope: 'read',
    ...members,
  });
}

/** A token, shown to token-validation to ask about it or to end it. */
export function tokenCall(
  origins: Origins,
  endpoint: 'introspect' | 'revoke',
  tokens: { token: string; caller: string },
): Call {
  const url = `${origins['token-validation']}/service/${endpoint}`;
  return form(url, `Bearer ${tokens.caller}`, { token: tokens.token });
}
