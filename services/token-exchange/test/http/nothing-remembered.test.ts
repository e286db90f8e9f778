import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { startOpenamStandIn, TEST_START } from '@mandate/testing';
import { closeAfterTests, temporaryServer } from '../after-tests.js';
import { type FormFields, IMAGES, JWT, OTHER, RESOLVER, startExchangeWorld, WEAK } from './exchange-world.js';
import { AM_SESSION, introspectionEnv, openamPolicyEnv, openamSessionEnv } from './upstream-settings.js';

/** Of a client that is none of the callers, so that whoever calls may use it. */
const forAll = { aud: ['gateway', 'other'], client_id: 'app' };

let permits: (question: string) => boolean;
let questions: string[] = [];
const opa = await temporaryServer((request, response) => {
  void text(request).then((question) => {
    questions.push(question);
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ result: permits(question) }));
  });
});
const opaWorld = await startExchangeWorld([], {
  TOKEN_EXCHANGE_POLICIES: 'opa',
  EXCHANGE_POLICY_OPA_URL: `${opa.origin}/v1/data/exchange/match`,
});

describe('X15 decisions of OPA', () => {
  beforeEach(() => void (questions = []));

  it('are asked for each time: a permit withdrawn is a deny on the next request, and back again', async () => {
    const fields = { subject_token: opaWorld.token() };
    const statuses: number[] = [];
    for (const permit of [true, true, false, false, true, false]) {
      permits = () => permit;
      statuses.push((await opaWorld.exchange(fields)).status);
    }
    expect(statuses).toEqual([200, 200, 400, 400, 200, 400]);
    expect(questions).toHaveLength(6);
  });

  it('are for the question that was asked: whatever differs in it is another', async () => {
    const first = { subject_token: opaWorld.token(forAll), scope: 'read' };
    const consent = { subject_token: opaWorld.token({ ...forAll, may_act: { sub: 'bob' } }) };
    const others: [name: string, fields: FormFields, headers?: Record<string, string>][] = [
      ['subject', { subject_token: opaWorld.token({ ...forAll, sub: 'carol' }) }],
      ['issuer of the subject', { subject_token: opaWorld.token({ ...forAll, iss: WEAK }) }],
      ['claim of the subject', { subject_token: opaWorld.token({ ...forAll, department: 'photos' }) }],
      ['actor', { ...consent, ...opaWorld.actorFields() }],
      ['client', {}, OTHER],
      ['resource', { resource: `${IMAGES}/photos/2` }],
      ['audience', { audience: IMAGES }],
      ['scope', { scope: 'write' }],
      ['requested token type', { requested_token_type: JWT }],
    ];
    permits = () => true;
    expect((await opaWorld.exchange(first)).status).toBe(200);
    const [firstQuestion] = questions;
    permits = (question) => question === firstQuestion;
    for (const [name, fields, headers] of others) {
      const { status } = await opaWorld.exchange({ ...first, ...fields }, headers);
      expect([name, status]).toEqual([name, 400]);
      expect((await opaWorld.exchange(first)).status).toBe(200);
    }
    expect(new Set(questions).size).toBe(others.length + 1);
  });
});

const am = closeAfterTests(await startOpenamStandIn());
const amWorld = await startExchangeWorld([], { ...openamPolicyEnv(am.url), ...openamSessionEnv(am.url) });

describe('X15 what AM says', () => {
  it('is asked each time, although its permits say how long they hold: a deny is one at once', async () => {
    const fields = { resource: `${IMAGES}/`, ...amWorld.actorFields() };
    expect((await amWorld.exchange(fields)).status).toBe(200);
    const denial = [{ resource: `${IMAGES}/`, actions: { GRANT: false }, attributes: {}, advices: {}, ttl: 2 ** 53 }];
    am.answer('evaluate', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(denial));
    });
    expect((await amWorld.exchange(fields)).status).toBe(400);
    am.answer('evaluate', undefined);
    expect((await amWorld.exchange(fields)).status).toBe(200);
  });

  it('of a session too: one that has ended is no subject on the next request', async () => {
    const session = am.startSession('alice');
    const fields = { subject_token: session, subject_token_type: AM_SESSION, resource: 'sessions' };
    expect((await amWorld.exchange(fields)).status).toBe(200);
    am.endSession(session);
    expect((await amWorld.exchange(fields)).status).toBe(400);
  });
});

describe('X15 what an introspection says', () => {
  it('is asked each time: a token that is inactive now is refused now', async () => {
    let active = true;
    const server = await temporaryServer((_request, response) => {
      const claims = { active, sub: 'alice', aud: 'photos', scope: 'read', exp: TEST_START + 300 };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(active ? claims : { active }));
    });
    const world = await startExchangeWorld([], introspectionEnv(server.origin));
    const statuses: number[] = [];
    for (const state of [true, false, true]) {
      active = state;
      const form = { subject_token: 'opaque', resource: undefined, requested_token_type: JWT };
      statuses.push((await world.exchange(form, RESOLVER)).status);
    }
    expect(statuses).toEqual([200, 400, 200]);
  });
});
