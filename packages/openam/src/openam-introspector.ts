import { type Clock, type HttpClient, isJsonObject, type JsonObject, type JsonValue } from '@mandate/ports';
import {
  checkIntrospectionAnswer,
  firstActive,
  introspectedJwt,
  parseCompactJws,
  type Introspection,
  type TokenIntrospector,
  type TokenTypeHint,
  isPlainType,
  tokenKind,
} from '@mandate/token';
import { foldRealm, realmOfUrl } from './openam-realm.js';
import { askOpenam, type OpenamAnswer, openamError, unexpectedStatus } from './openam-request.js';
import { sessionAsToken } from './openam-session-verifier.js';
import { isSessionToken, type OpenamSessions } from './openam-sessions.js';

export interface OpenamIntrospectorOptions {
  http: HttpClient;
  clock: Clock;
  /** Whose tokens AM may answer for; absent: those of an issuer at the address that is asked. */
  issuer?: string | undefined;
  /** The OAuth2 `introspect` endpoint and our client there. */
  accessTokens?: { url: string; clientId: string; clientSecret: string } | undefined;
  /** The `idtokeninfo` endpoint. Where it names a realm, ID tokens of another are refused: AM looks at the token alone. */
  idTokenInfoUrl?: string | undefined;
  sessions?: OpenamSessions | undefined;
}

const NOT_MINE: Introspection = { outcome: 'not_mine' };
const JWT_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;
/** What idtokeninfo answers with 400, for everything that is wrong with a token. */
const ID_TOKEN_ERRORS: ReadonlySet<unknown> = new Set(['bad_request', 'invalid_client', 'server_error']);

/** Whether a text looks like a compact JWS; AM's sessions do not, though the stateless ones contain one. */
export function isJwtShaped(text: string): boolean {
  return JWT_SHAPE.test(text);
}

/** Asks AM about its access tokens, ID tokens and sessions, as far as each is configured. */
export function createOpenamIntrospector(options: OpenamIntrospectorOptions): TokenIntrospector {
  const { sessions, clock } = options;
  return {
    introspect(token, hint) {
      if (isJwtShaped(token)) return introspectJwt(token, hint, options);
      if (!isSessionToken(token)) return Promise.resolve(NOT_MINE);
      const access = (): Promise<Introspection> => introspectAccessToken(token, options);
      if (sessions === undefined) return access();
      const session = (): Promise<Introspection> => introspectSession(token, sessions, clock);
      return firstActive(hint === 'openam_sso' ? [session, access] : [access, session]);
    },
  };
}

/** AM fails on a JWT whose `typ` is not its own, so only `JWT` or none goes there (docs/openam.md). */
function introspectJwt(
  token: string,
  hint: TokenTypeHint | undefined,
  options: OpenamIntrospectorOptions,
): Promise<Introspection> {
  const result = parseCompactJws(token);
  if (!result.ok || !isPlainType(result.jws.header.typ)) return Promise.resolve(NOT_MINE);
  const { header, claims } = result.jws;
  const isIdToken = tokenKind(header.typ, claims) === 'id_token';
  if (!isIdToken) return introspectAccessToken(token, options);
  // An ID token is for its client, not for a resource server: only on request, as with `jwt`.
  if (hint === 'id_token') return introspectIdToken(token, options);
  return Promise.resolve({ outcome: 'inactive', reason: 'id_token_not_asked_for' });
}

async function introspectAccessToken(token: string, options: OpenamIntrospectorOptions): Promise<Introspection> {
  const { http, accessTokens } = options;
  if (accessTokens === undefined) return NOT_MINE;
  const { url, clientId, clientSecret } = accessTokens;
  // Sent as configured: for an AM that form-decodes both halves (from 7.2 on), `%` and `+` are configured encoded.
  const basic = Buffer.from(`${clientId}:${clientSecret}`, 'utf8').toString('base64');
  // AM does not widen a wrong hint: it is told the one that is always right here.
  const form = { token, token_type_hint: 'access_token' };
  const answer = await askByForm(http, { url, authorization: `Basic ${basic}` }, form);
  if (answer.status === 400 && isJwtShaped(token) && errorOf(answer) === 'server_error') return NOT_MINE;
  if (answer.status !== 200) throw unexpectedStatus(answer.status);
  const active = isJsonObject(answer.body) ? answer.body['active'] : undefined;
  if (active === false) return { outcome: 'inactive' };
  if (active !== true) throw openamError('malformed', 'an introspection without active');
  return relay(token, answerOf(answer), { ...options, url });
}

async function introspectIdToken(token: string, options: OpenamIntrospectorOptions): Promise<Introspection> {
  const { http, idTokenInfoUrl: url } = options;
  if (url === undefined) return NOT_MINE;
  const answer = await askByForm(http, { url }, { id_token: token });
  if (answer.status === 400 && ID_TOKEN_ERRORS.has(errorOf(answer))) return { outcome: 'inactive' };
  if (answer.status !== 200) throw unexpectedStatus(answer.status);
  const claims = answerOf(answer);
  const { sub, realm } = claims;
  if (typeof sub !== 'string') throw openamError('malformed', 'an ID token without sub');
  const expected = realmOfUrl(url);
  const isOurs = expected === undefined || (typeof realm === 'string' && foldRealm(realm) === expected);
  return isOurs ? relay(token, claims, { ...options, url }) : { outcome: 'inactive' };
}

/**
 * AM's active answer, held to what a token that is verified here is held to. What is out of its time is inactive.
 * @throws UpstreamError for an answer that no right AM gives, about whatever token.
 */
function relay(
  token: string,
  answer: JsonObject,
  { clock, issuer, url }: Pick<OpenamIntrospectorOptions, 'clock' | 'issuer'> & { url: string },
): Introspection {
  const result = isJwtShaped(token) ? parseCompactJws(token) : undefined;
  const jws = result?.ok === true ? result.jws : undefined;
  const isIssuer = (iss: JsonValue): boolean => (issuer === undefined ? isAddressOf(iss, url) : iss === issuer);
  const check = checkIntrospectionAnswer(answer, { isIssuer, signed: jws?.claims, now: clock() });
  // What AM calls active may be revoked here all the same: whoever verifies a JWT can revoke it.
  if (check.ok) return { outcome: 'active', claims: check.claims, ...(jws && { token: introspectedJwt(jws, check) }) };
  const { reason } = check;
  if (reason === 'unknown_issuer') {
    throw openamError('refused', 'an answer of another issuer than INTROSPECTION_OPENAM_ISSUER, or the URL, names');
  }
  if (reason === 'bad_claim')
    throw openamError('malformed', 'an answer with a claim of another type, or of another token');
  return { outcome: 'inactive', reason };
}

/** AM names its issuers by the address of its OAuth2 service, with or without the realm that follows. */
function isAddressOf(iss: JsonValue, url: string): boolean {
  const [service = url] = /^.*?\/oauth2(?=\/)/.exec(url) ?? [new URL(url).origin];
  return typeof iss === 'string' && (iss === service || iss.startsWith(`${service}/`));
}

async function introspectSession(token: string, sessions: OpenamSessions, clock: Clock): Promise<Introspection> {
  const session = await sessions.validate(token);
  if (session === undefined) return { outcome: 'inactive', reason: 'no_session' };
  const sessionToken = sessionAsToken(token, session, clock());
  const { uid, sub, realm, sessionUid } = sessionToken.claims;
  const claims: JsonObject = Object.assign(Object.create(null) as JsonObject, {
    ...(sessionUid !== undefined && { sessionUid }),
    uid,
    sub,
    realm,
  });
  return { outcome: 'active', claims, token: sessionToken };
}

function askByForm(
  http: HttpClient,
  { url, authorization }: { url: string; authorization?: string },
  form: Record<string, string>,
): Promise<OpenamAnswer> {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    ...(authorization !== undefined && { authorization }),
  };
  return askOpenam(http, { url, headers, body: new URLSearchParams(form).toString() });
}

function errorOf({ body }: OpenamAnswer): unknown {
  return isJsonObject(body) ? body['error'] : undefined;
}

/** The members of an answer but `active`. */
function answerOf({ body }: OpenamAnswer): JsonObject {
  const claims = isJsonObject(body) ? body : {};
  delete claims['active'];
  return claims;
}
