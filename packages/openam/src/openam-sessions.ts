import { type HttpClient, isJsonObject, type JsonValue } from '@mandate/ports';
import { askWithSession, type OpenamLogin } from './openam-login.js';
import { foldRealm, realmOfUrl, sessionIssuer } from './openam-realm.js';
import { askAsSession, type OpenamAnswer, openamError, unexpectedStatus } from './openam-request.js';

/** A live session, as AM names its owner. */
export interface OpenamSession {
  /** As the person typed it: AM does not tell upper from lower case. */
  uid: string;
  /** `/`, or `/a/b`. */
  realm: string;
  /** AM 5.5 and later. */
  sessionUid: string | undefined;
  /** The issuer of the identity: AM's address and the realm. */
  issuer: string;
}

/** AM's session service. Both questions throw UpstreamError when AM does not answer them. */
export interface OpenamSessions {
  /** `undefined`: no live session of the realm that the URL names. Asking resets the session's idle time. */
  validate(token: string): Promise<OpenamSession | undefined>;
  /** Seconds until a live session ends at the latest; `undefined` where this AM is not asked. */
  secondsLeft(token: string): Promise<number | undefined>;
}

/**
 * `header`: the token to judge is the session of the call (AM 13 to 5). `body`: it is in the body, beside a session of
 * our own (AM 5.5 and later). Never one after the other: an AM that ignores the body judges our own session instead.
 */
export type OpenamSessionApi = { form: 'header' } | { form: 'body'; login: OpenamLogin };

export interface OpenamSessionsOptions {
  http: HttpClient;
  /** The `sessions` endpoint. Where it names a realm, sessions of another are none. */
  url: string;
  cookieName: string;
  api: OpenamSessionApi;
}

/** Characters of AM's session tokens, and a length that fits a header line of its container. */
const SESSION_TOKEN = /^[A-Za-z0-9._*@=+/%-]{1,6000}$/;

/** Whether a text can be a session token at all; any other is not sent to AM. */
export function isSessionToken(text: string): boolean {
  return SESSION_TOKEN.test(text);
}

export function createOpenamSessions(options: OpenamSessionsOptions): OpenamSessions {
  const { url, api } = options;
  const realm = realmOfUrl(url);
  return {
    async validate(token) {
      const answer =
        api.form === 'header' ? await askAs(token, 'validate', options) : await askInBody(token, api.login, options);
      if (answer.status !== 200) throw unexpectedStatus(answer.status);
      const session = readSession(answer.body, options);
      return realm === undefined || session?.realm === realm ? session : undefined;
    },
    async secondsLeft(token) {
      if (api.form === 'body') return undefined;
      const { status, body } = await askAs(token, 'getTimeLeft', options);
      if (status === 401) return 0;
      if (status !== 200) throw unexpectedStatus(status);
      const seconds = isJsonObject(body) ? body['maxtime'] : undefined;
      if (typeof seconds !== 'number') throw openamError('malformed', 'an unknown shape of a session time');
      return Math.max(0, seconds);
    },
  };
}

/** The token is the session of the call: no body and no second session. */
function askAs(
  session: string,
  action: string,
  { http, url, cookieName }: OpenamSessionsOptions,
): Promise<OpenamAnswer> {
  return askAsSession(http, { url, action, session, cookieName, version: '1.1' });
}

function askInBody(
  token: string,
  login: OpenamLogin,
  { http, url, cookieName }: OpenamSessionsOptions,
): Promise<OpenamAnswer> {
  const question = { url, action: 'validate', cookieName, version: '3.0', body: JSON.stringify({ tokenId: token }) };
  return askWithSession(login, ({ tokenId }) => askAsSession(http, { ...question, session: tokenId }));
}

function readSession(body: JsonValue | undefined, { url, api }: OpenamSessionsOptions): OpenamSession | undefined {
  if (isJsonObject(body) && body['valid'] === false) return undefined;
  const { valid, uid, realm: realmName, sessionUid } = isJsonObject(body) ? body : {};
  const sessionId = typeof sessionUid === 'string' ? sessionUid : undefined;
  // An AM that ignores the body has no `sessionUid` in its answer, and would have answered for our own session.
  const isProven = api.form === 'header' || sessionId !== undefined;
  if (valid !== true || typeof uid !== 'string' || uid === '' || typeof realmName !== 'string' || !isProven) {
    throw openamError('malformed', 'an unknown shape of a session');
  }
  const realm = foldRealm(realmName);
  return { uid, realm, sessionUid: sessionId, issuer: sessionIssuer(url, realm) };
}
