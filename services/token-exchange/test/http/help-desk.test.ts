import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { TEST_START, until } from '@mandate/testing';
import { errorReply } from './authentication-stand-in.js';
import { basic, type Claims, GATEWAY, issuedClaims, OWN, UNAVAILABLE, USERS } from './exchange-world.js';
import { LOGIN_HINT, PHOTOS, startHelpDesk } from './help-desk-world.js';

const world = await startHelpDesk();
beforeEach(() => world.authentication.reset());

const WAITING = {
  error: 'authorization_pending',
  error_description: 'The person has not answered yet',
  interval: 1,
  expires_in: 120,
};
const questions = (): number => world.authentication.questions.length;

describe('the help-desk in one call', () => {
  it('asks the person for exactly this actor, these scopes, these places, and says how to come back', async () => {
    const answer = await world.ask({ scope: 'read', binding_message: 'Ticket 4711', purpose: 'Ticket 4711' });
    expect(answer).toMatchObject({ status: 400, body: { ...WAITING, auth_req_id: expect.any(String) } });
    const question = world.authentication.questions.at(-1);
    expect(question).toMatchObject({
      scope: 'openid',
      login_hint: 'alice',
      resource: OWN,
      binding_message: 'Ticket 4711',
    });
    expect(world.authentication.lastDetails()).toEqual([
      {
        type: 'act_on_behalf',
        actor: { sub: 'bob', iss: USERS },
        scopes: ['read'],
        locations: [PHOTOS],
        purpose: 'Ticket 4711',
      },
    ]);
    const assertion = decodeJwt(question?.['client_assertion'] ?? '');
    expect(assertion).toMatchObject({ iss: 'token-exchange', sub: 'token-exchange', aud: OWN });
  });

  it('asks for all that policy would grant, where the call names no scope', async () => {
    await world.authReqId();
    expect(world.authentication.lastDetails()).toMatchObject([{ scopes: ['read', 'write'] }]);
  });

  it('gives the token once the person has agreed, by the same call with auth_req_id', async () => {
    const auth_req_id = await world.authReqId({ scope: 'read' });
    const before = questions();
    expect((await world.ask({ scope: 'read', auth_req_id })).body).toEqual({ ...WAITING, auth_req_id });
    world.agree();
    const answer = await world.ask({ scope: 'read', auth_req_id });
    expect(answer).toMatchObject({ status: 200, body: { scope: 'read', token_type: 'Bearer' } });
    expect(answer.headers.has('preference-applied')).toBe(false);
    expect(issuedClaims(answer)).toMatchObject({
      iss: OWN,
      sub: 'alice',
      aud: 'https://images.example.com',
      client_id: 'gateway',
      act: { sub: 'bob' },
      authGrantId: 'delegation-1',
      exp: TEST_START + 600,
    });
    expect(questions()).toBe(before);
  });

  it('holds the answer with Prefer: wait, until the person has agreed', async () => {
    const polls = world.authentication.polls.length;
    const call = world.ask({ scope: 'read' }, { Prefer: 'respond-async, wait=30' });
    await until(() => world.authentication.polls.length > polls);
    world.agree();
    const answer = await call;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=30');
    expect(issuedClaims(answer)).toMatchObject({ sub: 'alice', act: { sub: 'bob' } });
  });

  it('answers authorization_pending when it takes longer than that, and goes on by the same auth_req_id', async () => {
    const answer = await world.ask({}, { Prefer: 'wait=1' });
    expect(answer).toMatchObject({ status: 400, body: WAITING });
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
    world.agree();
    const auth_req_id = String(answer.body['auth_req_id']);
    expect((await world.ask({ auth_req_id }, { Prefer: 'wait=30' })).status).toBe(200);
  });

  it('waits for 60 seconds at most, and ignores a preference that it cannot read (RFC 7240 section 2)', async () => {
    world.authentication.answerPoll(errorReply('access_denied'));
    expect((await world.ask({}, { Prefer: 'wait=61' })).body).toMatchObject({ error: 'access_denied' });
    expect((await world.ask({}, { Prefer: 'wait=soon' })).body).toMatchObject(WAITING);
    expect((await world.ask({}, { Prefer: 'wait=-1' })).body).toMatchObject(WAITING);
  });

  it('says that it held the answer of a person who refuses', async () => {
    world.authentication.answerPoll(errorReply('access_denied'));
    const answer = await world.ask({}, { Prefer: 'wait=30' });
    expect(answer).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    expect(answer.headers.get('preference-applied')).toBe('wait=30');
  });

  it('counts a call that it held, and does not time it', async () => {
    const other = await startHelpDesk();
    other.authentication.answerPoll(errorReply('access_denied'));
    await other.ask({}, { Prefer: 'wait=30' });
    const count = '{route="/service/tokensts",method="POST",status="400"} 1';
    await until(async () => (await other.metrics()).includes(count));
    const duration = 'http_request_duration_seconds_count{route="/service/tokensts"';
    expect(await other.metrics()).not.toContain(duration);
    await other.ask();
    await until(async () => (await other.metrics()).includes(duration));
  });

  it('lets a caller that goes away go, and keeps the question for when it comes back', async () => {
    const auth_req_id = await world.authReqId();
    const gone = new AbortController();
    const polls = world.authentication.polls.length;
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'alice',
      subject_token_type: LOGIN_HINT,
      resource: PHOTOS,
      auth_req_id,
      ...(world.actorFields() as Record<string, string>),
    });
    const headers = { ...GATEWAY, Prefer: 'wait=60' };
    const call = fetch(`${world.url}/service/tokensts`, { method: 'POST', body, headers, signal: gone.signal });
    await until(() => world.authentication.polls.length > polls);
    gone.abort();
    await expect(call).rejects.toThrow();
    world.agree();
    expect((await world.ask({ auth_req_id })).status).toBe(200);
  });

  it('asks by client_secret_basic where there is a secret', async () => {
    const other = await startHelpDesk({ CONSENT_CLIENT_ID: 'desk', CONSENT_CLIENT_SECRET: 'a secret' });
    await other.authReqId();
    expect(other.authentication.questions.at(-1)).toMatchObject({ authorization: basic('desk', 'a secret') });
  });

  it('writes down that the person was asked, and what came of it', async () => {
    const auth_req_id = await world.authReqId({ scope: 'read' });
    world.agree();
    const { jti } = issuedClaims(await world.ask({ scope: 'read', auth_req_id }));
    const who = {
      client: 'gateway',
      subject: { sub: 'alice' },
      actor: { iss: USERS, sub: 'bob' },
      origin: 'login_hint',
    };
    const question = world.events().findLast(({ event }) => event === 'person_asked');
    expect(question).toMatchObject({ ...who, targets: [PHOTOS], scopes: ['read'] });
    expect(world.events().find((event) => event['jti'] === jti)).toMatchObject({
      ...who,
      verdict: 'permit',
      rule: 'desk',
    });
    expect(world.logLines.some((line) => line.includes(auth_req_id))).toBe(false);
  });
});

describe('its answer to what the person, or authentication, says', () => {
  it('subject_denied: the person does not agree', async () => {
    const auth_req_id = await world.authReqId();
    world.authentication.answerPoll(errorReply('access_denied'));
    expect(await world.ask({ auth_req_id })).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('subject_did_not_answer: the person does not answer in time', async () => {
    const auth_req_id = await world.authReqId();
    world.authentication.answerPoll(errorReply('expired_token'));
    expect(await world.ask({ auth_req_id })).toMatchObject({ status: 400, body: { error: 'expired_token' } });
  });

  it('passes slow_down on, with the interval that has grown', async () => {
    const auth_req_id = await world.authReqId();
    world.authentication.answerPoll(errorReply('slow_down'));
    const answer = await world.ask({ auth_req_id });
    expect(answer).toMatchObject({ status: 400, body: { error: 'slow_down', interval: 6, auth_req_id } });
  });

  it.each(['slow_down', 'authorization_pending'])(
    'tells with %s the interval that authentication tells',
    async (error) => {
      const auth_req_id = await world.authReqId();
      const { status, body } = errorReply(error);
      world.authentication.answerPoll({ status, body: { ...body, interval: 25 } });
      for (const headers of [{}, { Prefer: 'wait=1' }]) {
        expect((await world.ask({ auth_req_id }, headers)).body).toMatchObject({ interval: 25, auth_req_id });
      }
      world.authentication.answerPoll({ status, body: { ...body, interval: 'soon' } });
      expect((await world.ask({ auth_req_id })).body).toMatchObject({ error });
    },
  );

  it('answers 429 slow_down while too many questions wait for the person', async () => {
    world.authentication.answerAsk(errorReply('slow_down', 429, { 'Retry-After': '5' }));
    const answer = await world.ask();
    expect(answer).toMatchObject({ status: 429, body: { error: 'slow_down' } });
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  it.each(['invalid_binding_message', 'invalid_scope', 'invalid_authorization_details'])(
    'passes %s on: that is about what was asked',
    async (error) => {
      world.authentication.answerAsk(errorReply(error));
      expect(await world.ask()).toMatchObject({ status: 400, body: { error } });
    },
  );

  it.each<[string, ReturnType<typeof errorReply>]>([
    ['does not know us', errorReply('invalid_client', 401)],
    ['does not let us ask', errorReply('unauthorized_client')],
    ['does not take our form', errorReply('invalid_request')],
    ['fails', errorReply('server_error', 500)],
    ['cannot reach the person', errorReply('temporarily_unavailable', 503)],
    ['answers nothing of use', { status: 200, body: {} }],
    ['sends us elsewhere', { status: 302, body: {}, headers: { Location: 'https://evil.example.com/' } }],
  ])('answers 503 where authentication %s', async (_case, reply) => {
    const other = await startHelpDesk();
    other.authentication.answerAsk(reply);
    expect(await other.ask()).toMatchObject(UNAVAILABLE);
  });

  it('answers 503 while authentication is down, and loses nothing by it', async () => {
    const auth_req_id = await world.authReqId();
    world.authentication.answerPoll(errorReply('temporarily_unavailable', 503));
    expect(await world.ask({ auth_req_id })).toMatchObject({ status: 503 });
    world.agree();
    expect((await world.ask({ auth_req_id })).status).toBe(200);
  });

  it('tells a caller that waits its auth_req_id although authentication has gone down since', async () => {
    world.authentication.answerPoll(errorReply('temporarily_unavailable', 503));
    const { body } = await world.ask({}, { Prefer: 'wait=30' });
    expect(body).toMatchObject({ error: 'authorization_pending', auth_req_id: expect.any(String) });
  });

  it.each<[string, Claims]>([
    ['for another actor', { may_act: { sub: 'carol', iss: USERS } }],
    ['of nobody', { sub: undefined }],
    ['that has expired', { exp: TEST_START - 60 }],
    ['without what was agreed', { authorization_details: undefined }],
    ['of another issuer', { iss: USERS }],
  ])('issues nothing for a token %s', async (_case, claims) => {
    const auth_req_id = await world.authReqId();
    world.agree(claims);
    const answer = await world.ask({ auth_req_id });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body).not.toHaveProperty('access_token');
  });

  it('outside_agreement: a person who agreed to less is taken at their word', async () => {
    const auth_req_id = await world.authReqId({ scope: 'read write' });
    const detail = { type: 'act_on_behalf', actor: { sub: 'bob', iss: USERS }, scopes: ['read'], locations: [PHOTOS] };
    world.agree({ authorization_details: [detail] });
    const answer = await world.ask({ scope: 'read write', auth_req_id });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });
});
