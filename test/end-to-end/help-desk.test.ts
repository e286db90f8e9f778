import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { until } from '@mandate/testing';
import { CIBA, basic, exchangeForm, LOGIN_HINT } from './post-form.js';
import { type SpawnedService, spawnStandalone } from './spawned-service.js';

let standalone: SpawnedService;
let url: string;
let stop: () => void;
beforeAll(async () => {
  ({ standalone, url, stop } = await spawnStandalone());
}, 180_000);
afterAll(() => stop());

type Body = Record<string, unknown>;

async function post(path: string, fields: Record<string, string>, headers = {}): Promise<[number, Body]> {
  const authorization = basic('help-desk', 'help-desk-development');
  const body = new URLSearchParams(fields);
  const response = await fetch(url + path, { method: 'POST', body, headers: { authorization, ...headers } });
  return [response.status, (await response.json()) as Body];
}

async function helpDeskForm(fields: Record<string, string> = {}): Promise<Record<string, string>> {
  const [, { access_token: carol }] = await post('/development/token', { sub: 'carol', client_id: 'help-desk' });
  const request = { subject_token_type: LOGIN_HINT, resource: 'https://accounts.example.com/4711', scope: 'read' };
  return exchangeForm({ subject: 'alice', actor: String(carol) }, { ...request, ...fields });
}

const links = (): string[] =>
  [...standalone.output().matchAll(/"url":"(http[^"]+bc-decision[^"]+)"/g)].map(([, link]) => link ?? '');

/** Calls, and whoever reads the terminal opens the link that it shows. */
async function decide(approve: 'true' | 'false', headers = {}): Promise<[number, Body]> {
  const fields = await helpDeskForm();
  const count = links().length;
  const call = post('/service/tokensts', fields, headers);
  await until(() => links().length > count);
  const link = links().at(-1)?.replace('approve=true', `approve=${approve}`);
  expect((await fetch(link ?? '')).status).toBe(200);
  const [status, body] = await call;
  if (body['error'] !== 'authorization_pending') return [status, body];
  return post('/service/tokensts', { ...fields, auth_req_id: String(body['auth_req_id']) });
}

describe('the help-desk of npm start', () => {
  it('waits in one call until the link in the terminal was opened, and gets a token to act', async () => {
    const [status, { access_token: token, ...body }] = await decide('true', { Prefer: 'wait=60' });
    expect({ status, body }).toMatchObject({ status: 200, body: { scope: 'read', token_type: 'Bearer' } });
    expect(decodeJwt(String(token))).toMatchObject({
      sub: 'alice',
      act: { sub: 'carol' },
      aud: 'https://accounts.example.com',
      authorization_details: [{ type: 'act_on_behalf', scopes: ['read'] }],
    });
  });

  it('comes back with auth_req_id instead', async () => {
    const [status, body] = await decide('true');
    expect({ status, body }).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  });

  it('reads that the person did not agree', async () => {
    const [status, body] = await decide('false');
    expect({ status, body }).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('asks nobody where no rule says so, for another client or another place', async () => {
    const count = links().length;
    const [status] = await post(
      '/service/tokensts',
      await helpDeskForm({ resource: 'http://images.example.com:80/a' }),
    );
    expect(status).toBe(400);
    expect(links().length).toBe(count);
  });

  it('fetches no token of the person with auth_req_id at authentication', async () => {
    const [, { auth_req_id: handle }] = await post('/service/tokensts', await helpDeskForm({ scope: 'read' }));
    for (const auth_req_id of [String(handle), String(decodeJwt(String(handle))['question'])]) {
      const [status, body] = await post('/service/access_token', { grant_type: CIBA, auth_req_id });
      expect(status).toBe(400);
      expect(body).not.toHaveProperty('access_token');
    }
  });

  it('answers whoever waits when the process stops, so that they come back elsewhere', async () => {
    const call = post('/service/tokensts', await helpDeskForm({ subject_token: 'dora' }), { Prefer: 'wait=60' });
    const count = links().length;
    await until(() => links().length > count || standalone.output().includes('"subject":"dora"'));
    standalone.child.kill('SIGTERM');
    const [status, body] = await call;
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: 'authorization_pending', auth_req_id: expect.any(String) },
    });
  });
});
