import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import { type LoopbackServer, signTestToken, startLoopbackServer } from '@mandate/testing';
import { CIBA, basic } from '../end-to-end/post-form.js';
import { type LeakageWorld, USERS } from './leakage-world.js';
import type { WireAnswer } from './wire.js';

/** The operator's app: it takes questions, and knows the last one. */
export interface OperatorApp extends LoopbackServer {
  lastQuestion: () => string;
}

export async function startOperatorApp(): Promise<OperatorApp> {
  let last = '';
  const server = await startLoopbackServer((request, response) => {
    void text(request).then((question) => {
      last = question;
      response.writeHead(202).end();
    });
  });
  return { ...server, lastQuestion: () => last };
}

const AGREED = { type: 'act_on_behalf', client_id: 'bob', scopes: ['read'], locations: ['https://images.example.com'] };

/** What clients that ask people send, good and bad, and what people answer. Every secret on the way is remembered. */
export function createAsking({ urls: { authentication: url }, wire, secrets, keys, app }: LeakageWorld) {
  const authorization = basic('erin', secrets.erin);
  const post = (label: string, path: string, form: Record<string, string>): Promise<WireAnswer> =>
    wire.send(label, url + path, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
  const ask = (label: string, form: Record<string, string>) => {
    const notification = { client_notification_token: wire.remember('notification token', randomUUID()) };
    return post(label, '/service/bc-authorize', { scope: 'openid', ...notification, ...form });
  };
  const token = (form: Record<string, string>) => post('tokens of a person', '/service/access_token', form);
  const poll = (authReqId: string) => token({ grant_type: CIBA, auth_req_id: authReqId });
  const refresh = (refreshToken: unknown) =>
    token({ grant_type: 'refresh_token', refresh_token: textOf(refreshToken) });
  const hint = (claims: object = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const defaults = { iss: USERS, sub: randomUUID(), aud: url, iat: now, exp: now + 60, jti: randomUUID() };
    return wire.remember('login hint token', signTestToken(keys.users, { ...defaults, ...claims }, { typ: 'JWT' }));
  };
  async function answer(approve: boolean, decision?: string): Promise<void> {
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    const headers = { authorization: basic('operator', secrets.operator) };
    const { body } = await wire.send('token', `${url}/service/access_token`, { method: 'POST', headers, body: form });
    const question = wire.remember('question', app.lastQuestion());
    const { request, sub } = question === '' ? { request: 'none', sub: 'none' } : decodeJwt(question);
    await wire.send('decision', `${url}/service/bc-decision`, {
      method: 'POST',
      headers: { authorization: `Bearer ${String(body['access_token'])}`, 'content-type': 'application/json' },
      body: decision ?? JSON.stringify({ request, sub, approve }),
    });
  }

  /** Everything that becomes of a question, and what is refused. */
  return async function askPeople(): Promise<void> {
    const details = { authorization_details: JSON.stringify([AGREED]) };
    const { body } = await ask('ask', { login_hint_token: hint(), ...details });
    const authReqId = textOf(body['auth_req_id']);
    await poll(authReqId);
    await answer(true);
    const first = await poll(authReqId);
    await poll(authReqId);
    await ask('ask by an ID token', { id_token_hint: textOf(first.body['id_token']) });
    await answer(false, `{"request":"${authReqId}","sub":"${authReqId}","approve":"${authReqId}"}`);
    const second = await refresh(first.body['refresh_token']);
    await refresh(first.body['refresh_token']);
    await refresh(second.body['refresh_token']);
    for (const [name, value] of [
      ['login_hint_token', hint({ exp: 1 })],
      ['login_hint_token', hint({ aud: hint() })],
      ['id_token_hint', hint()],
      ['request', hint()],
      ['binding_message', hint()],
      ['authorization_details', hint()],
      ['authorization_details', JSON.stringify([{ ...AGREED, purpose: hint() }])],
      ['requested_expiry', hint()],
      ['acr_values', hint()],
    ] as const) {
      const hint = /hint|request$/.test(name) ? {} : { login_hint: randomUUID() };
      await ask(`refused ${name}`, { ...hint, [name]: value });
    }
  };
}

/** Where a step before failed there is none. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 'none';
}
