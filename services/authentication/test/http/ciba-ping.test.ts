import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpClient } from '@mandate/service-kit';
import { type LoopbackServer, startLoopbackServer, until } from '@mandate/testing';
import { type CibaWorld, cibaClients, startCibaWorld } from './ciba-world.js';
import { outcome } from './start-authentication.js';

const TOKEN = 'notification-token.of-the-client';

interface Ping {
  authorization: string | undefined;
  contentType: string | undefined;
  body: unknown;
}

let client: LoopbackServer;
let pings: Ping[];
let status: number;
let world: CibaWorld | undefined;

beforeEach(async () => {
  pings = [];
  status = 204;
  client = await startLoopbackServer((request, response) => {
    void text(request).then((body) => {
      const { authorization, 'content-type': contentType } = request.headers;
      pings.push({ authorization, contentType, body: JSON.parse(body) });
      response.writeHead(status, status === 302 ? { Location: `${client.origin}/elsewhere` } : {}).end();
    });
  });
});
afterEach(async () => {
  await world?.stop();
  await client.close();
});

/** `privateHosts`: those of the client's endpoint that may be private, as `OUTBOUND_PRIVATE_HOSTS`. */
const start = async (privateHosts: string[]) =>
  (world = await startCibaWorld(
    {},
    {
      clients: cibaClients(`${client.origin}/ping`),
      http: createHttpClient({ timeoutMs: 20_000, privateHosts }),
    },
  ));
const askPinged = (asking: CibaWorld, form = {}) =>
  asking.startRequest({ client_notification_token: TOKEN, login_hint: 'alice', ...form }, 'pinged');
const metricOf = async (asking: CibaWorld, outcome: string) =>
  Number(new RegExp(`backchannel_pings_total\\{outcome="${outcome}"\\} (\\d+)`).exec(await asking.metricsText())?.[1]);

describe('CIBA 10.2: a client that is registered for ping', () => {
  it('is told by its notification token that the person has answered, and fetches the tokens', async () => {
    const asking = await start(['127.0.0.1']);
    const authReqId = await askPinged(asking);
    expect((await asking.poll(authReqId, 'pinged')).body['error']).toBe('authorization_pending');
    expect(pings).toEqual([]);
    await asking.answer();
    await until(() => pings.length === 1);
    expect(pings).toEqual([
      { authorization: `Bearer ${TOKEN}`, contentType: 'application/json', body: { auth_req_id: authReqId } },
    ]);
    expect((await asking.poll(authReqId, 'pinged')).status).toBe(200);
    await until(async () => (await metricOf(asking, 'delivered')) === 1);
    expect(asking.logLines.join('')).not.toContain(TOKEN);
  });

  it('is told as well that the person has refused', async () => {
    const asking = await start(['127.0.0.1']);
    const authReqId = await askPinged(asking);
    await asking.answer(false);
    await until(() => pings.length === 1);
    expect((await asking.poll(authReqId, 'pinged')).body['error']).toBe('access_denied');
  });

  it.each([
    ['missing', {}],
    ['no bearer token', { client_notification_token: 'a b' }],
    ['too long', { client_notification_token: 'x'.repeat(1025) }],
  ])('CIBA 7.1 has to give a notification token: %s', async (_name, form) => {
    const asking = await start([]);
    expect(outcome(await asking.ask({ login_hint: 'alice', ...form }, 'pinged'))).toEqual([400, 'invalid_request']);
  });

  it.each([500, 404, 302])(
    'P8 that answers %i changes nothing: the decision stands, and no redirect is followed',
    async (code) => {
      const asking = await start(['127.0.0.1']);
      status = code;
      const authReqId = await askPinged(asking);
      expect((await asking.answer()).status).toBe(200);
      await until(async () => (await metricOf(asking, 'failed')) === 1);
      expect(pings).toHaveLength(1);
      expect((await asking.poll(authReqId, 'pinged')).status).toBe(200);
    },
  );

  it('that is not there changes nothing', async () => {
    const asking = await start(['127.0.0.1']);
    const authReqId = await askPinged(asking);
    await client.close();
    expect((await asking.answer()).status).toBe(200);
    await until(async () => (await metricOf(asking, 'failed')) === 1);
    expect((await asking.poll(authReqId, 'pinged')).status).toBe(200);
  });

  it('P8 K4 at a private address is not reached, and the decision stands', async () => {
    const asking = await start([]);
    const authReqId = await askPinged(asking);
    expect((await asking.answer()).status).toBe(200);
    await until(async () => (await metricOf(asking, 'failed')) === 1);
    expect(pings).toEqual([]);
    expect((await asking.poll(authReqId, 'pinged')).status).toBe(200);
  });

  it('is not told of the requests of one that polls', async () => {
    const asking = await start(['127.0.0.1']);
    const authReqId = await asking.startRequest({ client_notification_token: TOKEN });
    await asking.answer();
    expect((await asking.poll(authReqId)).status).toBe(200);
    await askPinged(asking, { login_hint: 'bert' });
    await asking.answer();
    await until(() => pings.length > 0);
    expect(pings).toHaveLength(1);
    expect(pings[0]?.body).not.toEqual({ auth_req_id: authReqId });
  });
});
