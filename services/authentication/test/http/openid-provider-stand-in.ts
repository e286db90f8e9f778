import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { type TestKey, createTestKey, pathOf, signTestToken, startLoopbackServer } from '@mandate/testing';

/** Another provider that asks people, as far as its client sees it. It knows alice and bob. */
export interface ProviderStandIn {
  issuer: string;
  key: TestKey;
  /** What it was asked, with the `Authorization` header. */
  requests: Record<string, string>[];
  /** What the person of every request says; until then it is pending. */
  answer: (claims: Record<string, unknown> | 'denied' | undefined) => void;
  /** Its endpoints are at other paths, as discovery says from now on. */
  move: () => void;
  /** Whoever asks or polls is refused as a client, with this body. */
  refuse: (body: object) => void;
  /** Every answer is this status, until `undefined` is given. */
  failWith: (status: number | undefined) => void;
  close: () => Promise<void>;
}

const KNOWN = ['alice', 'bob'];

export async function startProvider(clock: () => number): Promise<ProviderStandIn> {
  const key = createTestKey('ES256');
  const requests: Record<string, string>[] = [];
  let answer: Record<string, unknown> | 'denied' | undefined;
  let failure: number | undefined;
  let pathSuffix = '';
  let refusal: object | undefined;
  const server = await startLoopbackServer((request, response) => {
    void respond(request).then(({ status, body }) => {
      response.writeHead(failure ?? status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const issuer = server.origin;
  const documents = (): Record<string, object> => ({
    '/.well-known/openid-configuration': {
      issuer,
      jwks_uri: `${issuer}/jwks`,
      token_endpoint: `${issuer}/token${pathSuffix}`,
      backchannel_authentication_endpoint: `${issuer}/ask${pathSuffix}`,
    },
    '/jwks': { keys: [key.publicJwk] },
  });
  const idToken = (claims: Record<string, unknown>) => {
    const times = { iat: clock(), exp: clock() + 300 };
    return signTestToken(key, { iss: issuer, aud: 'mandate', sub: 'alice', ...times, ...claims }, { typ: 'JWT' });
  };
  const pollAnswer = (): { status: number; body: object } => {
    if (answer === undefined) return { status: 400, body: { error: 'authorization_pending' } };
    if (answer === 'denied') return { status: 400, body: { error: 'access_denied' } };
    return { status: 200, body: { access_token: 'x', token_type: 'Bearer', id_token: idToken(answer) } };
  };
  async function respond(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const path = pathOf(request);
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const document = documents()[path];
    if (document !== undefined) return { status: 200, body: document };
    if (refusal !== undefined) return { status: 401, body: refusal };
    if (path === `/token${pathSuffix}`) return pollAnswer();
    if (path !== `/ask${pathSuffix}`) return { status: 404, body: {} };
    requests.push({ ...form, authorization: request.headers.authorization ?? '' });
    const { request: signedRequest } = form;
    const { login_hint: hint } = signedRequest === undefined ? form : decodeJwt(signedRequest);
    if (!KNOWN.includes(String(hint))) return { status: 400, body: { error: 'unknown_user_id' } };
    return { status: 200, body: { auth_req_id: randomUUID(), expires_in: 120, interval: 1 } };
  }
  return {
    issuer,
    key,
    requests,
    answer: (claims) => void (answer = claims),
    move: () => void (pathSuffix += '/new'),
    refuse: (body) => void (refusal = body),
    failWith: (status) => void (failure = status),
    close: () => server.close(),
  };
}
