import { type Clock, type HttpClient, isJsonObject, isRecent } from '@mandate/ports';
import { encodeHeaderText } from './header-text.js';
import { foldRealm } from './openam-realm.js';
import { askOpenam, type OpenamAnswer, openamError, unexpectedStatus } from './openam-request.js';

export interface OpenamLoginOptions {
  http: HttpClient;
  clock: Clock;
  /** The `authenticate` endpoint, realm included. */
  url: string;
  username: string;
  password: string;
}

/** A session of our own account. `realm` is `undefined` when an old AM does not say. */
export interface OpenamServiceSession {
  tokenId: string;
  realm: string | undefined;
}

/** The session with which this service calls AM. */
export interface OpenamLogin {
  /** One login for any number of waiting requests. @throws UpstreamError when it fails. */
  session(): Promise<OpenamServiceSession>;
  /** AM does not take this session any more: the next request logs in. A session already replaced is left alone. */
  drop(session: OpenamServiceSession): void;
}

/**
 * Asks AM with our session, and once more with a new one where it does not take that session any more (401).
 * @throws UpstreamError when there is no session, or as `ask`.
 */
export async function askWithSession(
  login: OpenamLogin,
  ask: (session: OpenamServiceSession) => Promise<OpenamAnswer>,
): Promise<OpenamAnswer> {
  const session = await login.session();
  const answer = await ask(session);
  if (answer.status !== 401) return answer;
  login.drop(session);
  return ask(await login.session());
}

/** Refused credentials are not tried again for this long: AM may lock the account after a few failures. */
const REFUSED_SECONDS = 30;

/**
 * Logs in with `X-OpenAM-Username` and `X-OpenAM-Password` when a session is first needed, and keeps it.
 *
 * @example
 * const login = createOpenamLogin({ http, clock, url, username, password });
 * const { tokenId } = await login.session();
 */
export function createOpenamLogin(options: OpenamLoginOptions): OpenamLogin {
  const { clock } = options;
  let login: Promise<OpenamServiceSession> | undefined;
  let lastSession: OpenamServiceSession | undefined;
  let refusedAt = -Infinity;

  async function start(): Promise<OpenamServiceSession> {
    try {
      const session = await logIn(options);
      if (session === undefined) {
        refusedAt = clock();
        throw loginRefused();
      }
      return (lastSession = session);
    } catch (error) {
      login = undefined;
      throw error;
    }
  }

  return {
    session() {
      if (login !== undefined) return login;
      if (isRecent(refusedAt, { now: clock(), seconds: REFUSED_SECONDS })) return Promise.reject(loginRefused());
      return (login = start());
    },
    drop(session) {
      if (session !== lastSession) return;
      lastSession = undefined;
      login = undefined;
    },
  };
}

/** `undefined`: AM does not accept the credentials. 200 without `tokenId` asks for more of them, and is no login. */
async function logIn({ http, url, username, password }: OpenamLoginOptions): Promise<OpenamServiceSession | undefined> {
  const headers = {
    'accept-api-version': 'resource=2.0, protocol=1.0',
    'content-type': 'application/json',
    'x-openam-username': encodeHeaderText(username),
    'x-openam-password': encodeHeaderText(password),
  };
  // Any member in the body makes AM ignore the headers.
  const { status, body } = await askOpenam(http, { url, headers, body: '{}' });
  if (status === 401) return undefined;
  if (status !== 200) throw unexpectedStatus(status);
  const answer = isJsonObject(body) ? body : {};
  const { tokenId, realm } = answer;
  if (typeof tokenId !== 'string' || !/^[\x21-\x7e]+$/.test(tokenId)) return undefined;
  return { tokenId, realm: typeof realm === 'string' ? foldRealm(realm) : undefined };
}

function loginRefused(): Error {
  return openamError('refused', 'login');
}
