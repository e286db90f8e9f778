import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { until } from '@mandate/testing';
import { errorReply } from './authentication-stand-in.js';
import { type FormFields, OTHER, OWN, startExchangeWorld } from './exchange-world.js';
import { LOGIN_HINT, PHOTOS, startHelpDesk } from './help-desk-world.js';

const world = await startHelpDesk();
beforeEach(() => world.authentication.reset());

const questions = (): number => world.authentication.questions.length;

describe('P11 an auth_req_id is good for the call that it was told', () => {
  it('auth_req_id_invalid: another caller, actor, person, target, scope, type or purpose', async () => {
    const auth_req_id = await world.authReqId({ scope: 'read' });
    world.agree();
    const polls = world.authentication.polls.length;
    const others = [
      world.actorFields({ sub: 'carol' }),
      { subject_token: 'dora' },
      { resource: `${PHOTOS}/1` },
      { resource: [PHOTOS, `${PHOTOS}/1`] },
      { audience: 'https://images.example.com' },
      { scope: 'read write' },
      { scope: undefined },
      { requested_token_type: 'jwt' },
      { purpose: 'another' },
      { narrow: 'true' },
    ];
    for (const fields of others) {
      const { status, body } = await world.ask({ scope: 'read', auth_req_id, ...fields });
      expect({ fields, status, error: body['error'] }).toEqual({ fields, status: 400, error: 'invalid_grant' });
    }
    const bob = world.actorFields({ client_id: 'other', aud: 'other' });
    const { status, body } = await world.ask({ scope: 'read', auth_req_id, ...bob }, OTHER);
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_grant' });
    expect(world.authentication.polls.length).toBe(polls);
    expect((await world.ask({ scope: 'read', auth_req_id })).status).toBe(200);
  });

  it('takes another token of the same actor, and the order of scopes and targets for nothing', async () => {
    const places = [PHOTOS, `${PHOTOS}/1`];
    const auth_req_id = await world.authReqId({ scope: 'read write', resource: places });
    world.agree();
    const again = { actor_token: world.token({ sub: 'bob' }), scope: 'write read', resource: [...places].reverse() };
    expect((await world.ask({ auth_req_id, ...again })).status).toBe(200);
  });

  it.each<[string, (handle: string) => string]>([
    ['that nobody was told', () => 'question-1'],
    ['of authentication itself', (handle) => String(decodeJwt(handle)['question'])],
    ['that was changed', (handle) => `${handle.slice(0, -8)}AAAAAAAA`],
    ['that is a token', () => world.token({ iss: OWN })],
    ['with a part too many', (handle) => `${handle}.x`],
  ])('refuses one %s', async (_case, change) => {
    const auth_req_id = change(await world.authReqId());
    expect(await world.ask({ auth_req_id })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is no token anywhere', async () => {
    const handle = await world.authReqId();
    expect((await world.exchange({ subject_token: handle })).status).toBe(400);
    const { status } = await world.exchange({}, { authorization: `Bearer ${handle}` });
    expect(status).toBe(401);
  });

  it('is refused once its answer was fetched', async () => {
    const auth_req_id = await world.authReqId();
    world.authentication.answerPoll(errorReply('invalid_grant'));
    expect(await world.ask({ auth_req_id })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is good at another replica with the same keys: nothing is kept where it was told', async () => {
    const other = await startHelpDesk();
    other.writeKeys(world.keys.own, other.keys.own);
    const auth_req_id = await world.authReqId();
    other.authentication.answerPoll(errorReply('slow_down'));
    await until(async () => (await other.ask({ auth_req_id })).body['error'] === 'slow_down');
    expect(other.authentication.questions).toEqual([]);
    expect(other.authentication.polls.at(-1)).toMatchObject({ auth_req_id: decodeJwt(auth_req_id)['question'] });
  });
});

describe('nobody is disturbed for what policy forbids', () => {
  it.each<[string, FormFields]>([
    ['may_not_ask_subject: no rule says so', { resource: 'urn:not-asked' }],
    ['may_not_ask_subject: one of the rules that match does not', { resource: 'urn:one-of-two' }],
    ['policy_denied: a rule denies', { resource: 'urn:closed' }],
    ['actor_not_allowed: the rule lists others', { resource: 'urn:listed' }],
    ['no_policy_applies: no rule covers the target', { resource: 'urn:nowhere' }],
    ['scope_not_allowed: more than policy grants', { scope: 'admin' }],
    ['scope_not_allowed: there is nothing to ask for', { resource: 'urn:no-scopes' }],
    ['no_target: no target', { resource: undefined }],
    ['actor_token_invalid: an actor token that is none', { actor_token: 'x' }],
  ])('%s', async (name, fields) => {
    const [reason = ''] = name.split(':');
    const before = questions();
    expect((await world.ask(fields)).status).toBe(400);
    expect((await world.explainAsking(fields)).body).toMatchObject({ verdict: 'deny', reason });
    expect(questions()).toBe(before);
  });

  it('asks policy again about the person that the hint turned out to name', async () => {
    const ask = async (sub: string) => {
      const resource = 'urn:for-alice';
      const auth_req_id = await world.authReqId({ resource });
      world.agree({ sub });
      return world.ask({ resource, auth_req_id });
    };
    expect(await ask('dora')).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    expect((await ask('alice')).status).toBe(200);
  });

  it('issues nothing of a delegation that was ended while the call waited', async () => {
    const auth_req_id = await world.authReqId();
    world.agree({ authGrantId: 'ended' });
    await world.revoke('ended');
    expect(await world.ask({ auth_req_id })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it.each<[string, FormFields]>([
    ['nobody acts', { actor_token: undefined, actor_token_type: undefined }],
    ['the hint is missing', { subject_token: '' }],
    ['the hint is 300 characters', { subject_token: 'a'.repeat(300) }],
    ['somebody is to be acted as', { scope: 'act_as:test1' }],
  ])('refuses a form where %s', async (_case, fields) => {
    const before = questions();
    expect(await world.ask(fields)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(questions()).toBe(before);
  });

  it('is closed by default: without CONSENT_URL the token type is not supported', async () => {
    const other = await startExchangeWorld();
    const answer = await other.exchange({ subject_token: 'alice', subject_token_type: LOGIN_HINT });
    const error_description = 'The declared token type is not supported';
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request', error_description } });
  });
});

describe('P2 how often people are asked', () => {
  it('is bounded for each agent, whomever it asks', async () => {
    const other = await startHelpDesk({ CONSENT_RATE_AGENT: '2/60' });
    await other.authReqId();
    await other.authReqId({ subject_token: 'carol' });
    const answer = await other.ask({ subject_token: 'dora' });
    expect(answer).toMatchObject({ status: 429, body: { error: 'slow_down' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    await other.authReqId({ actor_token: other.token({ sub: 'eve' }) });
    expect(other.authentication.questions.length).toBe(3);
  });

  it('is bounded for each person, whoever asks; coming back is not asking', async () => {
    const other = await startHelpDesk({ CONSENT_RATE_PERSON: '1/60' });
    const auth_req_id = await other.authReqId();
    expect((await other.ask({ actor_token: other.token({ sub: 'eve' }) })).status).toBe(429);
    expect((await other.ask({ auth_req_id })).body).toMatchObject({ error: 'authorization_pending' });
    other.agree();
    expect((await other.ask({ auth_req_id })).status).toBe(200);
    await other.authReqId({ subject_token: 'carol' });
    for (const spelled of ['CAROL', 'carol ', 'c\u00e1rol']) {
      expect((await other.ask({ subject_token: spelled })).status).toBe(429);
    }
  });
});

describe('P2 how many calls wait', () => {
  it('is bounded: one more is answered at once, until another is done', async () => {
    const other = await startHelpDesk({ CONSENT_MAX_WAITING: '4' });
    const auth_req_id = await other.authReqId();
    const wait = { Prefer: 'wait=60' };
    const before = other.authentication.polls.length;
    const calls = [other.ask({ auth_req_id }, wait), other.ask({ subject_token: 'carol' }, wait)];
    await until(() => other.authentication.polls.length >= before + 2);
    for (const fields of [{ auth_req_id }, { subject_token: 'dora' }]) {
      const { status, body, headers } = await other.ask(fields, wait);
      expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'authorization_pending' });
      expect(headers.has('preference-applied')).toBe(false);
    }
    other.authentication.answerPoll(errorReply('access_denied'));
    await Promise.all(calls);
    const next = await other.ask({ auth_req_id }, wait);
    expect(next.headers.get('preference-applied')).toBe('wait=60');
    expect((await other.ask({ auth_req_id })).headers.has('preference-applied')).toBe(false);
    other.agree();
    expect((await other.ask({ auth_req_id }, wait)).headers.get('preference-applied')).toBe('wait=60');
  }, 60_000);

  it('is bounded for each client: what one holds leaves as many places to the others', async () => {
    const other = await startHelpDesk({ CONSENT_MAX_WAITING: '2' });
    const wait = { Prefer: 'wait=60' };
    const ofOther = other.actorFields({ client_id: 'other', aud: 'other' });
    const calls = [other.ask({}, wait)];
    await until(() => other.authentication.polls.length === 1);
    const one = await other.ask({ subject_token: 'carol' }, wait);
    expect([one.body['error'], one.headers.has('preference-applied')]).toEqual(['authorization_pending', false]);
    calls.push(other.ask({ ...ofOther, subject_token: 'dora' }, { ...OTHER, ...wait }));
    await until(() => new Set(other.authentication.polls.map(({ auth_req_id }) => auth_req_id)).size === 2);
    other.authentication.answerPoll(errorReply('access_denied'));
    const preferences = (await Promise.all(calls)).map(({ headers }) => headers.get('preference-applied'));
    expect(preferences).toEqual(['wait=60', 'wait=60']);
  }, 60_000);

  it('a full house keeps nobody from the answer that is there', async () => {
    const other = await startHelpDesk({ CONSENT_MAX_WAITING: '0' });
    const auth_req_id = await other.authReqId();
    other.agree();
    const { status, headers } = await other.ask({ auth_req_id }, { Prefer: 'wait=60' });
    expect([status, headers.has('preference-applied')]).toEqual([200, false]);
  });
});
