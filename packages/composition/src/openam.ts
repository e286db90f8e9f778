import { choice, createUpstream, type Runtime, secret, type Settings, text, url, usedWith } from '@mandate/service-kit';
import {
  createOpenamIntrospector,
  createOpenamLogin,
  createOpenamSessions,
  type OpenamSessionApi,
  type OpenamSessions,
} from '@mandate/openam';
import { type TokenIntrospector } from '@mandate/token';
import { needed } from './needed.js';
import type { ComposedPart } from './part.js';

/** A name that may stand before the colon of a header line. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** The name of AM's session cookie, which is also that of the header. */
export function cookieName(): ReturnType<typeof text> {
  return text().regex(HEADER_NAME, { error: 'is not the name of a header' });
}

/** The variables of AM's session service. */
export const openamSessionConfig = {
  INTROSPECTION_OPENAM_SESSION_URL: url()
    .optional()
    .describe("AM's sessions endpoint, for its SSO tokens; a realm in it excludes sessions of other realms"),
  ...usedWith(
    { INTROSPECTION_OPENAM_SESSION_URL: true },
    {
      INTROSPECTION_OPENAM_SESSION_API: choice(['header', 'body'])
        .default('header')
        .describe('How AM is asked about a session: `header` (AM 13 to 5, OpenAM), `body` (AM 5.5 and later)'),
      INTROSPECTION_OPENAM_COOKIE_NAME: cookieName()
        .default('iPlanetDirectoryPro')
        .describe("Name of AM's session cookie, and of the header that carries a session"),
    },
  ),
  ...usedWith(
    { INTROSPECTION_OPENAM_SESSION_API: 'body' },
    {
      INTROSPECTION_OPENAM_AUTH_URL: url()
        .optional()
        .describe("AM's authenticate endpoint, for the session API `body`"),
      INTROSPECTION_OPENAM_AUTH_SUBJECT_ID: text().optional().describe('Account to log in as there'),
      INTROSPECTION_OPENAM_AUTH_SUBJECT_PASSWORD: secret().optional().describe('Password of that account'),
    },
  ),
};

export type OpenamSessionSettings = Settings<typeof openamSessionConfig>;

/** The variables of introspection at AM. */
export const openamIntrospectionConfig = {
  ...usedWith(
    { INTROSPECTION_SERVICES: 'openam' },
    {
      INTROSPECTION_OPENAM_URL: url().optional().describe("AM's OAuth2 introspection endpoint, for its access tokens"),
      INTROSPECTION_OPENAM_ISSUER: text()
        .optional()
        .describe("Issuer of the tokens AM introspects; unset: any at the address of AM's OAuth2 service in the URLs"),
      INTROSPECTION_OPENAM_CLIENT_ID: text().optional().describe('Client to introspect as at AM'),
      INTROSPECTION_OPENAM_CLIENT_SECRET: secret().optional().describe('Secret of that client'),
      INTROSPECTION_OPENAM_ID_TOKEN_INFO_URL: url().optional().describe("AM's idtokeninfo endpoint, for its ID tokens"),
    },
  ),
  ...openamSessionConfig,
};

export type OpenamIntrospectionSettings = Settings<typeof openamIntrospectionConfig>;

/** AM's session service. */
export interface OpenamSessionService extends ComposedPart {
  sessions: OpenamSessions;
}

/** AM as it introspects for us. */
export interface OpenamIntrospection extends ComposedPart {
  sessions: OpenamSessions | undefined;
  /** AM as one of `INTROSPECTION_SERVICES`. @throws ConfigError when half of a pair is configured. */
  introspector(): TokenIntrospector;
}

/** AM's session service, where it is configured. @throws ConfigError when the form `body` has no account to ask with. */
export function composeOpenamSessions(
  config: OpenamSessionSettings,
  runtime: Runtime,
): OpenamSessionService | undefined {
  if (config.INTROSPECTION_OPENAM_SESSION_URL === undefined) return undefined;
  const upstream = createUpstream({ name: 'sessions:openam', http: runtime.http }, runtime);
  const sessions = openamSessions(config, { ...runtime, http: upstream.http });
  return sessions && { sessions, parts: [upstream.part()] };
}

/** AM's introspection, as far as it is configured. @throws ConfigError as {@link composeOpenamSessions}. */
export function composeOpenamIntrospection(
  config: OpenamIntrospectionSettings,
  runtime: Runtime,
): OpenamIntrospection | undefined {
  const {
    INTROSPECTION_OPENAM_URL: url,
    INTROSPECTION_OPENAM_ID_TOKEN_INFO_URL: idTokenInfoUrl,
    INTROSPECTION_OPENAM_SESSION_URL: sessionUrl,
  } = config;
  if ((url ?? idTokenInfoUrl ?? sessionUrl) === undefined) return undefined;
  const upstream = createUpstream({ name: 'introspection:openam', http: runtime.http }, runtime);
  const { clock } = runtime;
  const { http } = upstream;
  const sessions = openamSessions(config, { http, clock });
  return {
    sessions,
    parts: [upstream.part()],
    introspector() {
      const accessTokens = url === undefined ? undefined : { url, ...introspectionClient(config) };
      const issuer = config.INTROSPECTION_OPENAM_ISSUER;
      return createOpenamIntrospector({ http, clock, issuer, accessTokens, idTokenInfoUrl, sessions });
    },
  };
}

function openamSessions(
  config: OpenamSessionSettings,
  runtime: Pick<Runtime, 'http' | 'clock'>,
): OpenamSessions | undefined {
  const { INTROSPECTION_OPENAM_SESSION_URL: url, INTROSPECTION_OPENAM_COOKIE_NAME: name } = config;
  if (url === undefined) return undefined;
  return createOpenamSessions({ http: runtime.http, url, cookieName: name, api: sessionApi(config, runtime) });
}

function introspectionClient(config: OpenamIntrospectionSettings): { clientId: string; clientSecret: string } {
  return {
    clientId: needed(config, 'INTROSPECTION_OPENAM_CLIENT_ID', 'INTROSPECTION_OPENAM_URL'),
    clientSecret: needed(config, 'INTROSPECTION_OPENAM_CLIENT_SECRET', 'INTROSPECTION_OPENAM_URL'),
  };
}

function sessionApi(config: OpenamSessionSettings, { http, clock }: Pick<Runtime, 'http' | 'clock'>): OpenamSessionApi {
  if (config.INTROSPECTION_OPENAM_SESSION_API === 'header') return { form: 'header' };
  const use = 'INTROSPECTION_OPENAM_SESSION_API=body';
  const url = needed(config, 'INTROSPECTION_OPENAM_AUTH_URL', use);
  const username = needed(config, 'INTROSPECTION_OPENAM_AUTH_SUBJECT_ID', use);
  const password = needed(config, 'INTROSPECTION_OPENAM_AUTH_SUBJECT_PASSWORD', use);
  return { form: 'body', login: createOpenamLogin({ http, clock, url, username, password }) };
}
