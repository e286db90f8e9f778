import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type LoopbackServer,
  OPENAM_TEST_POLICY_SET,
  type OpenamStandIn,
  startLoopbackServer,
  startOpenamStandIn,
  TEST_START,
} from '@mandate/testing';
import {
  actorFields,
  basic,
  type ExchangeWorld,
  type FormFields,
  IMAGES,
  JWT,
  startExchangeWorld,
  WEAK,
} from './exchange-world.js';

const OTHER = { authorization: basic('other', 'other-secret') };
const RESOLVER = { authorization: basic('resolver', 'resolver-secret') };
/** Of a client that is none of the callers, so that whoever calls may use it. */
const forAll = { aud: ['gateway', 'other'], client_id: 'app' };

describe('X15 decisions of OPA', () => {
  let opa: LoopbackServer;
  let world: ExchangeWorld;
  let permits: (input: Record<string, unknown>) => boolean;
  let asked: string[] = [];
  beforeAll(async () => {
    opa = await startLoopbackServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push(body);
        const { input } = JSON.parse(body) as { input: Record<string, unknown> };
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ result: permits(input) }));
      });
    });
    world = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'opa',
      EXCHANGE_POLICY_OPA_URL: `${opa.origin}/v1/data/exchange/match`,
    });
  });
  beforeEach(() => void (asked = []));
  afterAll(async () => {
    await world.close();
    await opa.close();
  });

  it('are asked for each time: a permit withdrawn is a deny on the next request, and back again', async () => {
    const fields = { subject_token: world.token() };
    const statuses: number[] = [];
    for (const permitted of [true, true, false, false, true, false]) {
      permits = () => permitted;
      statuses.push((await world.exchange(fields)).status);
    }
    expect(statuses).toEqual([200, 200, 400, 400, 200, 400]);
    expect(asked).toHaveLength(6);
  });

  it('are for the question that was asked: whatever differs in it is another', async () => {
    const usual = { subject_token: world.token(forAll), scope: 'read' };
    const consent = { subject_token: world.token({ ...forAll, may_act: { sub: 'bob' } }) };
    const others: [name: string, fields: FormFields, headers?: Record<string, string>][] = [
      ['subject', { subject_token: world.token({ ...forAll, sub: 'carol' }) }],
      ['issuer of the subject', { subject_token: world.token({ ...forAll, iss: WEAK }) }],
      ['claim of the subject', { subject_token: world.token({ ...forAll, department: 'photos' }) }],
      ['actor', { ...consent, ...actorFields(world) }],
      ['client', {}, OTHER],
      ['resource', { resource: `${IMAGES}/photos/2` }],
      ['audience', { audience: IMAGES }],
      ['scope', { scope: 'write' }],
      ['requested token type', { requested_token_type: JWT }],
    ];
    permits = () => true;
    expect((await world.exchange(usual)).status).toBe(200);
    const [known] = asked;
    permits = (input) => JSON.stringify({ input }) === known;
    for (const [name, fields, headers] of others) {
      const { status } = await world.exchange({ ...usual, ...fields }, headers);
      expect([name, status]).toEqual([name, 400]);
      expect((await world.exchange(usual)).status).toBe(200);
    }
    expect(new Set(asked).size).toBe(others.length + 1);
  });
});

describe('X15 what AM says', () => {
  let am: OpenamStandIn;
  let world: ExchangeWorld;
  beforeAll(async () => {
    am = await startOpenamStandIn();
    world = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'openam',
      EXCHANGE_OPENAM_AUTH_URL: `${am.url}/json/authenticate`,
      EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'policy',
      EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'Policy-pass-1',
      EXCHANGE_OPENAM_POLICY_URL: `${am.url}/json/realms/root/policies`,
      EXCHANGE_OPENAM_POLICY_SET_ID: OPENAM_TEST_POLICY_SET,
      INTROSPECTION_OPENAM_SESSION_URL: `${am.url}/json/sessions`,
    });
  });
  afterAll(async () => {
    await world.close();
    await am.close();
  });

  it('is asked each time, although its permits say how long they hold: a deny is one at once', async () => {
    const fields = { resource: `${IMAGES}/`, ...actorFields(world) };
    expect((await world.exchange(fields)).status).toBe(200);
    const denied = [{ resource: `${IMAGES}/`, actions: { GRANT: false }, attributes: {}, advices: {}, ttl: 2 ** 53 }];
    am.answer('evaluate', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(denied));
    });
    expect((await world.exchange(fields)).status).toBe(400);
    am.answer('evaluate', undefined);
    expect((await world.exchange(fields)).status).toBe(200);
  });

  it('of a session too: one that has ended is no subject on the next request', async () => {
    const session = am.startSession('alice');
    const fields = {
      subject_token: session,
      subject_token_type: 'urn:mandate:token-type:am-session',
      resource: 'sessions',
    };
    expect((await world.exchange(fields)).status).toBe(200);
    am.endSession(session);
    expect((await world.exchange(fields)).status).toBe(400);
  });
});

describe('X15 what an introspection says', () => {
  it('is asked each time: a token that is inactive now is refused now', async () => {
    let active = true;
    const server = await startLoopbackServer((_request, response) => {
      const claims = { active, sub: 'alice', aud: 'photos', scope: 'read', exp: TEST_START + 300 };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(active ? claims : { active }));
    });
    const world = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'jwt',
      EXCHANGE_JWT_INTROSPECT_URL: server.origin,
      EXCHANGE_JWT_INTROSPECT_CLIENT_ID: 'exchange',
      EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: 'exchange-secret',
      EXCHANGE_JWT_INTROSPECT_ISSUER: 'https://opaque.example.com',
    });
    const statuses: number[] = [];
    for (const state of [true, false, true]) {
      active = state;
      const form = { subject_token: 'opaque', resource: undefined, requested_token_type: JWT };
      statuses.push((await world.exchange(form, RESOLVER)).status);
    }
    await world.close();
    await server.close();
    expect(statuses).toEqual([200, 400, 200]);
  });
});
