import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { createHttpClient } from '@mandate/service-kit';
import { startLoopbackServer, testDirectory, until } from '@mandate/testing';
import { type CibaWorld, cibaClients, startCibaWorld } from './ciba-world.js';

let directory: string;
let world: CibaWorld;
let pings: string[];
let client: Awaited<ReturnType<typeof startLoopbackServer>>;

beforeEach(async () => {
  directory = testDirectory();
  symlinkSync(file(), link());
  pings = [];
  client = await startLoopbackServer((request, response) => {
    void text(request).then((body) => {
      pings.push(body);
      response.writeHead(204).end();
    });
  });
  const clients = [
    ...cibaClients(`${client.origin}/ping`),
    { clientId: 'operator', clientSecret: 'secret', scopes: ['delegations'], grantTypes: ['client_credentials'] },
  ];
  world = await startCibaWorld(
    { AUDIT_SINK: 'file', AUDIT_FILE: link(), AUDIT_REQUIRED: 'true', CIBA_MAX_OPEN_REQUESTS: '1' },
    { clients, http: createHttpClient({ timeoutMs: 20_000, privateHosts: ['127.0.0.1'] }) },
  );
});
afterEach(async () => {
  await world.stop();
  await client.close();
});

const file = () => join(directory, 'audit.log');
const link = () => join(directory, 'audit');
const reopenings = () => world.logLines.filter((line) => line.includes('audit file opened anew')).length;
/** From now on events are written there, as after a rotation. */
async function writeTo(path: string): Promise<void> {
  rmSync(link());
  symlinkSync(path, link());
  const before = reopenings();
  process.emit('SIGHUP');
  await until(() => reopenings() > before);
}
const fillDisk = () => writeTo('/dev/full');
const emptyDisk = () => writeTo(file());
/** The events of that name that stand in the file. */
const events = (name: string) =>
  readFileSync(file(), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event === name);
const operate = (method: string, path: string) =>
  fetch(`${world.publicUrl}/service/delegations${path}`, {
    method,
    headers: { authorization: `Basic ${btoa('operator:secret')}` },
  });
const end = async (id: unknown) => (await operate('DELETE', `/${String(id)}`)).status;
/** What alice let `keeper` have. */
const agree = async () => {
  const body = await world.tokens({}, 'keeper');
  return { id: decodeJwt(String(body['access_token']))['authGrantId'], refreshToken: String(body['refresh_token']) };
};
const refresh = (token: string) =>
  world.post({ grant_type: 'refresh_token', refresh_token: token }, { basic: 'keeper:secret' });

describe('with AUDIT_REQUIRED, while events cannot be written', () => {
  it('nobody is asked, and nothing waits', async () => {
    await fillDisk();
    expect((await world.ask()).status).toBe(503);
    expect(world.questions).toEqual([]);
    await emptyDisk();
    expect((await world.ask()).status).toBe(200);
    expect(events('person_asked')).toHaveLength(1);
  });

  it('an answer is 503, and stands; the client that waits for it is told', async () => {
    const authReqId = await world.startRequest({ client_notification_token: 'token' }, 'pinged');
    const bearer = await world.tokenOf('app');
    const { request, sub } = world.lastQuestion();
    await fillDisk();
    expect((await world.decide({ request, sub, approve: true }, bearer)).status).toBe(503);
    await until(() => pings.length === 1);
    expect(pings).toEqual([JSON.stringify({ auth_req_id: authReqId })]);
    await emptyDisk();
    expect((await world.decide({ request, sub, approve: true }, bearer)).status).toBe(409);
    expect((await world.poll(authReqId, 'pinged')).status).toBe(200);
  });

  it('a person’s yes is not lost: the client that repeats gets its tokens, once, of one delegation', async () => {
    const authReqId = await world.startRequest({}, 'keeper');
    await world.answer();
    await fillDisk();
    expect((await world.poll(authReqId, 'keeper')).status).toBe(503);
    await emptyDisk();
    const { status, body } = await world.poll(authReqId, 'keeper');
    expect(status).toBe(200);
    expect(events('delegation_started')).toMatchObject([
      { delegation: decodeJwt(String(body['access_token']))['authGrantId'] },
    ]);
    const response = await operate('GET', '?subject=alice');
    expect(((await response.json()) as { delegations: unknown[] }).delegations).toHaveLength(1);
    expect((await world.poll(authReqId, 'keeper')).body['error']).toBe('invalid_grant');
    expect((await refresh(String(body['refresh_token']))).status).toBe(200);
  });

  it('a delegation is not said to be ended; a repeat makes up for the event', async () => {
    const { id, refreshToken } = await agree();
    await fillDisk();
    expect(await end(id)).toBe(503);
    expect((await refresh(refreshToken)).status).toBe(503);
    await emptyDisk();
    expect(await end(id)).toBe(204);
    expect(await end(id)).toBe(204);
    expect(events('delegation_ended')).toMatchObject([{ delegation: id, reason: 'ended_by_client' }]);
    expect((await refresh(refreshToken)).body['error']).toBe('invalid_grant');
  });

  it('a refresh token that is used again is 503; a repeat makes up for the event', async () => {
    const { id, refreshToken } = await agree();
    expect((await refresh(refreshToken)).status).toBe(200);
    await fillDisk();
    expect((await refresh(refreshToken)).status).toBe(503);
    await emptyDisk();
    expect((await refresh(refreshToken)).body['error']).toBe('invalid_grant');
    expect(events('delegation_ended')).toMatchObject([{ delegation: id, reason: 'refresh_token_reused' }]);
  });
});
