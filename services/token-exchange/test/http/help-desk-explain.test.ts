import { beforeEach, describe, expect, it } from '@jest/globals';
import { tokenReply } from './authentication-stand-in.js';
import { checksOf, type Claims, type FormFields, OWN, ruleAt, USERS } from './exchange-world.js';
import { PHOTOS, startHelpDesk } from './help-desk-world.js';

const rule = (id: string, members: object = {}) => ruleAt(id, { mayAskSubject: true, ...members });
/** Of the person's token alone: a login hint has no claims. */
const ofTheirToken = { subjects: { claims: { client_id: 'token-exchange' } } };
const STOCK = 'https://stock.example.com';
const embed = [{ claim: 'downstream', audience: STOCK, scopes: ['read'] }];
const rules = [
  rule('desk', { patterns: [PHOTOS], scopes: ['read', 'write'] }),
  rule('closed-then'),
  { id: 'closing', patterns: ['urn:closed-then'], deny: true, ...ofTheirToken },
  rule('listed-then', { allowedActors: ['bob'] }),
  rule('listed-then', { id: 'listing', allowedActors: [], ...ofTheirToken }),
  rule('silent-then'),
  rule('silent-then', { id: 'saying-nothing', mayAskSubject: false, ...ofTheirToken }),
  rule('less-then'),
  rule('embedding', { embed }),
  rule('not-asked', { mayAskSubject: false }),
  rule('for-alice', { subjects: { subs: ['alice'] } }),
];

const world = await startHelpDesk({}, rules);
beforeEach(() => world.authentication.reset());

/** How often authentication was asked for anything. */
const askCounts = (): [number, number] => [world.authentication.questions.length, world.authentication.polls.length];

const outcomeOf = ({ verdict, reason }: Claims) => (verdict === 'permit' ? verdict : reason);

/** What really comes of it where the person agrees to exactly what they are asked: the reason that is written down, or the claims. */
async function outcomeOfAsking(fields: FormFields): Promise<unknown> {
  const first = await world.ask(fields);
  if (first.body['error'] === 'authorization_pending') {
    world.agree();
    await world.ask({ ...fields, auth_req_id: String(first.body['auth_req_id']) });
  }
  return outcomeOf(world.events().findLast(({ event }) => event === 'exchange') ?? {});
}

describe('explain of the help-desk', () => {
  it('tells what the person would be asked, and asks nobody', async () => {
    const before = askCounts();
    const explanation = await world.explainAsking({ scope: 'read' });
    expect(explanation.body).toMatchObject({ verdict: 'permit' });
    const checks = checksOf(explanation);
    expect(checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['named_subject', 'actor_token', 'policy', 'may_ask_subject', 'permission', 'asking']),
    );
    expect(checks.find(({ check }) => check === 'asking')).toMatchObject({
      facts: { actor: [USERS, 'bob'], scopes: ['read'], locations: [PHOTOS] },
    });
    expect(askCounts()).toEqual(before);
  });

  it('goes on as if the person agreed to exactly that, and says that it assumes it', async () => {
    const explanation = await world.explainAsking({ scope: 'read', purpose: 'Ticket 4711' });
    const checks = checksOf(explanation);
    const names = checks.map(({ check }) => check);
    const answerIndex = names.indexOf('assumed_answer');
    expect(names.slice(0, answerIndex)).toContain('asking');
    expect(checks[answerIndex]?.facts).toEqual({
      iss: OWN,
      sub: 'alice',
      assumes: 'the person agrees to exactly what is asked, and is whom the login hint says',
    });
    expect(names.slice(answerIndex)).toEqual(
      expect.arrayContaining(['agreed_actor', 'consent', 'agreement', 'policy', 'token']),
    );
    expect(explanation.body['claims']).toMatchObject({
      sub: 'alice',
      act: { sub: 'bob' },
      scope: 'read',
      authGrantId: 'assumed',
    });
    const event = world.events().findLast((one) => one['event'] === 'explain');
    expect(event).toMatchObject({ verdict: 'permit', origin: 'login_hint', subject: { iss: OWN, sub: 'alice' } });
    expect(event).not.toHaveProperty('delegation');
  });

  it.each<[string, FormFields, string]>([
    ['all that policy grants', {}, 'permit'],
    ['less than that', { scope: 'read' }, 'permit'],
    ['more than that, narrowed', { scope: 'read admin', narrow: 'true' }, 'permit'],
    ['a purpose', { purpose: 'Ticket 4711' }, 'permit'],
    ['two places', { resource: [PHOTOS, 'urn:less-then'], scope: 'read' }, 'permit'],
    [
      'a token for somebody downstream, whose place the person is asked for too',
      { resource: 'urn:embedding' },
      'permit',
    ],
    ['a person whom a rule names', { resource: 'urn:for-alice' }, 'permit'],
    ['another person', { resource: 'urn:for-alice', subject_token: 'dora' }, 'no_policy_applies'],
    ['more than policy grants', { scope: 'admin' }, 'scope_not_allowed'],
    ['a rule that lets nobody ask', { resource: 'urn:not-asked' }, 'may_not_ask_subject'],
    ["a rule that denies by the person's own token", { resource: 'urn:closed-then' }, 'policy_denied'],
    ["a rule that lists no actor, by the person's own token", { resource: 'urn:listed-then' }, 'actor_not_allowed'],
    ["a rule that lets nobody ask, by the person's own token", { resource: 'urn:silent-then' }, 'may_not_ask_subject'],
    ['no place', { resource: undefined }, 'no_target'],
  ])('agrees with the call where the person agrees: %s', async (_case, fields, outcome) => {
    const before = askCounts();
    const { body } = await world.explainAsking(fields);
    expect(askCounts()).toEqual(before);
    expect(outcomeOf(body)).toBe(outcome);
    expect(await outcomeOfAsking(fields)).toBe(outcome);
  });

  it('says of an auth_req_id whether it is good, and fetches nothing', async () => {
    const auth_req_id = await world.authReqId();
    world.authentication.answerPoll(tokenReply('x.y.z'));
    const before = askCounts();
    expect((await world.explainAsking({ auth_req_id })).body).toMatchObject({ verdict: 'permit' });
    const other = await world.explainAsking({ auth_req_id, scope: 'read' });
    expect(other.body).toMatchObject({ verdict: 'deny', reason: 'auth_req_id_invalid' });
    expect(askCounts()).toEqual(before);
  });

  it('is denied where nothing that authentication issues would be believed', async () => {
    const other = await startHelpDesk({ CONSENT_ISSUER: 'https://unknown.example.com' }, rules);
    const { body } = await other.explainAsking();
    expect(body).toMatchObject({ verdict: 'deny', reason: 'subject_token_invalid' });
  });
});
