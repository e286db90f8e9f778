import { describe } from '@jest/globals';
import {
  fetchHttpClient,
  fixedClock,
  TEST_START,
  openamServer,
  openamSession,
  startOpenamStandIn,
  startRealPart,
} from '@mandate/testing';
import {
  createOpenamIntrospector,
  createOpenamLogin,
  createOpenamSessions,
  type OpenamSessions,
} from '../src/index.js';
import { type TokenIntrospector } from '@mandate/token';

const real = await startRealPart(openamServer, process.env);

export const realUrl = real?.address ?? '';

/** For suites that need a real AM. */
export const withOpenam = real === undefined ? describe.skip : describe;

/** An AM with a person's session and her tokens, real or not. */
export interface OpenamWithAlice {
  url: string;
  session(uid: string): Promise<string>;
  endSession(token: string): Promise<void>;
  accessToken: string;
  /** A JWT; of the realm `/`. */
  idToken: string;
  close(): Promise<void>;
}

/** Tokens of a real AM end by its own clock. */
const systemClock = (): number => Math.floor(Date.now() / 1000);

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT as any foreign issuer makes one. */
export function foreignJwt(header: object, claims: object = { sub: 'alice', exp: 9_999_999_999 }): string {
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}

export async function standInWithAlice(): Promise<
  OpenamWithAlice & { am: Awaited<ReturnType<typeof startOpenamStandIn>> }
> {
  const am = await startOpenamStandIn();
  const accessToken = 'ccf60e70-8da1-4e01-8f68-f9b67aad249e';
  const idToken = foreignJwt({ alg: 'RS256', typ: 'JWT' }, { sub: 'alice', azp: 'client1', tokenName: 'id_token' });
  am.addAccessToken(accessToken, {
    sub: 'alice',
    user_id: 'alice',
    scope: 'read',
    client_id: 'client1',
    token_type: 'access_token',
    exp: TEST_START + 600,
    iss: `${am.url}/oauth2`,
  });
  am.addIdToken(idToken, { sub: 'alice', azp: 'client1', realm: '/', exp: TEST_START + 600, active: 'no' });
  return {
    am,
    url: am.url,
    accessToken,
    idToken,
    session: (uid) => Promise.resolve(am.startSession(uid, uid === 'carol' ? '/short' : '/')),
    endSession(token) {
      am.endSession(token);
      return Promise.resolve();
    },
    close: () => am.close(),
  };
}

export async function realWithAlice(): Promise<OpenamWithAlice> {
  const url = realUrl;
  const form = { grant_type: 'password', username: 'alice', password: 'Alice-pass-1', scope: 'openid read' };
  const authorization = `Basic ${Buffer.from('client1:client1-secret').toString('base64')}`;
  const init = { method: 'POST', body: new URLSearchParams(form), headers: { authorization } };
  const tokens = (await (await fetch(`${url}/oauth2/access_token`, init)).json()) as Record<string, string>;
  return {
    url,
    accessToken: tokens['access_token'] ?? '',
    idToken: tokens['id_token'] ?? '',
    session: (uid) => openamSession(url, uid),
    async endSession(token) {
      const headers = {
        iPlanetDirectoryPro: token,
        'accept-api-version': 'resource=1.1',
        'content-type': 'application/json',
      };
      await fetch(`${url}/json/sessions?_action=logout`, { method: 'POST', headers });
    },
    close: () => Promise.resolve(),
  };
}

export function sessionsAt(
  url: string,
  { path = '/json/sessions', form = 'header' }: { path?: string; form?: 'header' | 'body' } = {},
): OpenamSessions {
  const http = fetchHttpClient({ timeoutMs: 5_000 });
  const login = createOpenamLogin({
    http,
    clock: fixedClock(),
    url: `${url}/json/authenticate`,
    username: 'policy',
    password: 'Policy-pass-1',
  });
  const api = form === 'header' ? ({ form } as const) : { form, login };
  return createOpenamSessions({ http, url: `${url}${path}`, cookieName: 'iPlanetDirectoryPro', api });
}

/** Everything AM introspects. */
export function introspectorAt(
  url: string,
  {
    idTokenRealm = '/realms/root',
    clientSecret = 'client1-secret',
    issuer,
  }: { idTokenRealm?: string; clientSecret?: string; issuer?: string } = {},
): TokenIntrospector {
  return createOpenamIntrospector({
    http: fetchHttpClient({ timeoutMs: 5_000 }),
    clock: url === realUrl ? systemClock : fixedClock(),
    issuer,
    accessTokens: { url: `${url}/oauth2/introspect`, clientId: 'client1', clientSecret },
    idTokenInfoUrl: `${url}/oauth2${idTokenRealm}/idtokeninfo`,
    sessions: sessionsAt(url),
  });
}
