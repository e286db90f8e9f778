import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { until } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { run } from './docker.js';

const root = resolve(import.meta.dirname, '../..');

/** A project of its own, so that nobody's keys are forgotten; the images are those that are built. */
const compose = (args: readonly string[], env: Record<string, string> = {}): Promise<string> =>
  run('docker', ['compose', '--project-directory', root, '--profile=opa', ...args], {
    COMPOSE_PROJECT_NAME: 'mandate-ci',
    REDIS_IMAGE: 'mandate/redis:ci',
    OPA_IMAGE: 'mandate/opa:ci',
    ...env,
  });
const down = (): Promise<string> => compose(['--profile=*', 'down', '--volumes', '--remove-orphans']);
/** The lines of the audit log of token-exchange, in which each decision names the policy backend that gave it. */
const decisions = (): Promise<string> => compose(['logs', '--no-log-prefix', 'token-exchange']);
/** Alice lets Bob act for her, a tester acts as a test user, Bob asks Alice by the help-desk, and Mallory does none of it. */
const WALKED =
  /6 Mallory tries {3}400 .*\n {2}7 act as .* sub test1, .*\n {2}8 Mallory tries {3}400 .*\n {2}9 help-desk .* sub alice, act bob, .*\n {2}10 Mallory tries {2}400 invalid_request/;
const walkthrough = (): Promise<string> => run('npx', ['tsx', resolve(root, 'scripts/walkthrough.ts')]);

/** What her phone has logged, the newest last. */
async function linksForAlice(): Promise<string[]> {
  const log = await compose(['logs', '--no-log-prefix', 'phone']);
  return [...log.matchAll(/"asked":"alice".*"link":"([^"]+)"/g)].map(([, link = '']) => link);
}

/** Bob's call to the help-desk about Alice, before she has answered and after; her phone logs the link. */
async function helpDesk({ approve }: { approve: boolean }): Promise<unknown> {
  const bob = await post('http://127.0.0.1:18080/service/access_token', {
    grant_type: 'client_credentials',
    scope: 'exchange',
  });
  const ask = (fields: Record<string, string> = {}): ReturnType<typeof post> =>
    post('http://127.0.0.1:38080/service/tokensts', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'alice',
      subject_token_type: 'urn:mandate:token-type:login-hint',
      actor_token: String(bob.body['access_token']),
      actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: 'https://accounts.example.com/4711',
      scope: 'read',
      ...fields,
    });
  const links = await linksForAlice();
  const { body: waits } = await ask();
  expect(waits).toMatchObject({ error: 'authorization_pending' });
  let link = '';
  await until(async () => {
    link = (await linksForAlice())[links.length] ?? '';
    return link !== '';
  });
  expect((await fetch(link.replace('approve=true', `approve=${approve}`))).status).toBe(200);
  const { status, body } = await ask({ auth_req_id: String(waits['auth_req_id']) });
  if (status !== 200) return { status, answer: { error: body['error'] } };
  const { sub, act } = decodeJwt<{ act: { sub: string } }>(String(body['access_token']));
  return { status, answer: { sub, act: act.sub } };
}

async function post(url: string, form: Record<string, string>) {
  const authorization = `Basic ${Buffer.from('bob:bob-development').toString('base64')}`;
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** What the replica with its clients in Redis says of these. */
async function statusFor(credentials: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' });
  const url = 'http://127.0.0.1:18084/service/access_token';
  return (await fetch(url, { method: 'POST', headers: { authorization }, body })).status;
}

beforeAll(down);
afterEach(down);
afterAll(async () => expect(await compose(['ps', '--all', '--quiet'])).toBe(''));

describe('docker compose up', () => {
  it('gives the three services of the walkthrough', async () => {
    const services = ['token-validation', 'token-exchange', 'authentication', 'phone'];
    await compose(['up', '--no-build', '--detach', '--wait', ...services]);
    expect(await walkthrough()).toMatch(WALKED);
    expect(await decisions()).toContain('"backend":"json"');
    expect(await helpDesk({ approve: true })).toEqual({ status: 200, answer: { sub: 'alice', act: 'bob' } });
    expect(await helpDesk({ approve: false })).toEqual({ status: 400, answer: { error: 'access_denied' } });
  });

  it('gives them with OPA, which then decides, and beside them a replica whose clients are in Redis', async () => {
    const profile = '--profile=redis';
    await compose([profile, 'up', '--no-build', '--detach', '--wait'], { TOKEN_EXCHANGE_POLICIES: 'opa' });
    expect(await walkthrough()).toMatch(WALKED);
    expect(await decisions()).toContain('"backend":"opa"');

    expect(await statusFor('alice:alice-development')).toBe(200);
    expect(await statusFor('alice:another')).toBe(401);
    const ready = await fetch('http://127.0.0.1:19084/readyz?verbose');
    expect(await ready.json()).toMatchObject({ parts: { 'clients:redis': { ready: true } } });
    expect(await compose([profile, 'logs', '--no-log-prefix', 'clients-redis'])).toMatch(
      /^[1-9]\d* to add, 0 to change/m,
    );
  });
});
