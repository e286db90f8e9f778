import { type JsonObject, type JsonValue, jsonObjectIn } from '@mandate/ports';
import type { TokenSigner } from '@mandate/token';
import type { PolicyContext, PolicyRequest } from '@mandate/policy';

/** `readBy` of a subject token that is an AM session: AM is asked about the session itself. */
export const AM_SESSION_READER = 'openam_session';

export interface OpenamQuestionSettings {
  policySet: string;
  /** `jwt`: the verified claims, signed by us; `claims`: the claims alone; `token`: as received (IMS). */
  subjectForm: 'jwt' | 'claims' | 'token';
  /** Policy scripts of IMS read the subject token as received from `environment.jwt`. */
  environmentJwt: boolean;
  /** A token went to AM re-signed although `token` is set, since AM cannot read it. */
  onUnreadable?: (() => void) | undefined;
}

/** What AM's policies are asked: a request, and the targets in it. */
export interface OpenamQuestion {
  request: PolicyRequest;
  context: PolicyContext;
  targets: readonly string[];
}

/** AM parses these of a JWT as numbers and fails on anything else. */
const TIMES: ReadonlySet<string> = new Set(['exp', 'nbf', 'iat']);

/** The body of `?_action=evaluate`. */
export async function evaluateBody(
  question: OpenamQuestion,
  settings: OpenamQuestionSettings,
  signer: TokenSigner,
): Promise<JsonObject> {
  return {
    subject: await subjectOf(question, settings, signer),
    application: settings.policySet,
    resources: [...question.targets],
    environment: environmentOf(question, settings),
  };
}

/** AM verifies nothing of a subject, so it is told what was verified here. A session it knows itself. */
async function subjectOf(
  { request, context }: { request: PolicyRequest; context: PolicyContext },
  { subjectForm, onUnreadable }: OpenamQuestionSettings,
  signer: TokenSigner,
): Promise<JsonObject> {
  const token = context.subjectToken;
  if (token?.readBy === AM_SESSION_READER) return { ssoToken: token.token };
  if (token !== undefined && subjectForm === 'token') {
    if (isReadableToOpenam(token.token)) return { jwt: token.token };
    onUnreadable?.();
  }
  const { iss, sub, claims: subjectClaims } = request.subject;
  // AM's conditions ask for names in claims. Of a token derived here `iss` is ours, and would make one person of all that
  // issuers call so; somebody who is only named has no claims.
  const claims = comparableClaims({ ...subjectClaims, iss, sub });
  return subjectForm === 'claims' ? { claims } : { jwt: await signer.sign(claims, { typ: 'JWT' }) };
}

/** Members of a JOSE header at which AM answers 400 or 500 whatever they say. */
const UNREADABLE_MEMBERS = ['cty', 'jwk', 'x5c'];

/** AM reads JWTs whose header says no more of what they are than that: no `at+jwt`, no nested ones, no embedded keys. */
function isReadableToOpenam(token: string): boolean {
  const header = jsonObjectIn(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString('utf8'));
  if (header === undefined || UNREADABLE_MEMBERS.some((name) => Object.hasOwn(header, name))) return false;
  const typ = header['typ'];
  return typ === undefined || typ === 'JWT';
}

/** Every value is an array of strings: AM fails on any other. */
function environmentOf(
  { request: { origin, actor, client }, context }: { request: PolicyRequest; context: PolicyContext },
  { environmentJwt }: OpenamQuestionSettings,
): JsonObject {
  const token = context.subjectToken;
  return {
    ...(environmentJwt && token !== undefined && token.readBy === undefined && { jwt: [token.token] }),
    origin: [origin],
    ...(actor !== null && { actor: [actor.sub], actorIssuer: [actor.iss] }),
    // a bare name is a client of our own: a script that compares it is not met by another issuer's of the same id
    client: [client.own ? client.id : JSON.stringify({ iss: client.iss, clientId: client.id })],
  };
}

/**
 * Claims as AM's JwtClaim condition can compare them: text, or arrays of text. A number makes the policy that looks at
 * it throw and drop out of the decision without a sign, one that denies too (docs/openam.md).
 */
function comparableClaims(claims: JsonObject): JsonObject {
  const comparable = Object.entries(claims)
    .filter(([, value]) => value !== null)
    .map(([name, value]): [string, JsonValue] => [name, TIMES.has(name) ? value : comparableValue(value)]);
  return Object.fromEntries(comparable);
}

function comparableValue(value: JsonValue): JsonValue {
  if (!Array.isArray(value)) return textOf(value);
  return value.filter((item) => item !== null).map(textOf);
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
