import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PENDING, tokenReply } from './authentication-stand-in.js';
import { type Claims, type FormFields, OWN, USERS } from './exchange-world.js';
import { type HelpDeskWorld, PHOTOS, startHelpDesk } from './help-desk-world.js';

const rule = (id: string, members: object = {}) => ({
  id,
  patterns: [`urn:${id}`],
  audience: id,
  scopes: ['read'],
  mayAskSubject: true,
  ...members,
});
/** Of the person's token alone: a login hint has no claims. */
const ofTheirToken = { subjects: { claims: { client_id: 'token-exchange' } } };
const STOCK = 'https://stock.example.com';
const embed = [{ claim: 'downstream', audience: STOCK, scopes: ['read'] }];
const rules = [
  rule('desk', { patterns: [PHOTOS], scopes: ['read', 'write'] }),
  rule('closed-then'),
  { id: 'closing', patterns: ['urn:closed-then'], deny: true, ...ofTheirToken },
  rule('listed-then', { allowedActors: ['bob'] }),
  {
    ...rule('listing', { patterns: ['urn:listed-then'], audience: 'listed-then', ...ofTheirToken }),
    allowedActors: [],
  },
  rule('silent-then'),
  rule('saying-nothing', {
    patterns: ['urn:silent-then'],
    audience: 'silent-then',
    mayAskSubject: false,
    ...ofTheirToken,
  }),
  rule('less-then'),
  rule('embedding', { embed }),
  rule('not-asked', { mayAskSubject: false }),
  rule('for-alice', { subjects: { subs: ['alice'] } }),
];

let world: HelpDeskWorld;
beforeAll(async () => {
  world = await startHelpDesk({}, rules);
});
beforeEach(() => world.authentication.answerPoll(PENDING));
afterAll(() => world.close());

interface Check {
  check: string;
  outcome: string;
  facts: Claims;
}
const checksOf = (body: Claims): Check[] => body['checks'] as Check[];
const asksOf = (): [number, number] => [world.authentication.questions.length, world.authentication.polls.length];

/** What really comes of it where the person agrees to exactly what they are asked: the reason that is written down, or the claims. */
async function reallyDecided(fields: FormFields): Promise<string> {
  const first = await world.ask(fields);
  if (first.body['error'] === 'authorization_pending') {
    world.agree();
    await world.ask({ ...fields, auth_req_id: String(first.body['auth_req_id']) });
  }
  const events = world.logLines.filter((line) => line.includes('"event":"exchange"'));
  const { verdict, reason } = JSON.parse(events.at(-1) ?? '') as Claims;
  return String(verdict === 'permit' ? verdict : reason);
}

describe('explain of the help-desk', () => {
  it('tells what the person would be asked, and asks nobody', async () => {
    const before = asksOf();
    const { body } = await world.explainAsking({ scope: 'read' });
    expect(body).toMatchObject({ verdict: 'permit' });
    expect(checksOf(body).map(({ check }) => check)).toEqual(
      expect.arrayContaining(['named_subject', 'actor_token', 'policy', 'may_ask_subject', 'permission', 'asking']),
    );
    expect(checksOf(body).find(({ check }) => check === 'asking')).toMatchObject({
      facts: { actor: [USERS, 'bob'], scopes: ['read'], locations: [PHOTOS] },
    });
    expect(asksOf()).toEqual(before);
  });

  it('goes on as if the person agreed to exactly that, and says that it assumes it', async () => {
    const { body } = await world.explainAsking({ scope: 'read', purpose: 'Ticket 4711' });
    const checks = checksOf(body);
    const names = checks.map(({ check }) => check);
    const [asking, assumed] = [names.indexOf('asking'), names.indexOf('assumed_answer')];
    expect(asking).toBeLessThan(assumed);
    expect(checks[assumed]?.facts).toEqual({
      iss: OWN,
      sub: 'alice',
      assumes: 'the person agrees to exactly what is asked, and is whom the login hint says',
    });
    expect(names.slice(assumed)).toEqual(expect.arrayContaining(['asked', 'consent', 'agreement', 'policy', 'token']));
    expect(body['claims']).toMatchObject({ sub: 'alice', act: { sub: 'bob' }, scope: 'read', authGrantId: 'assumed' });
    const events = world.logLines.filter((line) => line.includes('"event":"explain"'));
    const event = JSON.parse(events.at(-1) ?? '') as Claims;
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
    const before = asksOf();
    const { body } = await world.explainAsking(fields);
    expect(asksOf()).toEqual(before);
    expect(body['verdict'] === 'permit' ? 'permit' : body['reason']).toBe(outcome);
    expect(await reallyDecided(fields)).toBe(outcome);
  });

  it('says of an auth_req_id whether it is good, and fetches nothing', async () => {
    const auth_req_id = await world.asked();
    world.authentication.answerPoll(tokenReply('x.y.z'));
    const before = asksOf();
    expect((await world.explainAsking({ auth_req_id })).body).toMatchObject({ verdict: 'permit' });
    const other = await world.explainAsking({ auth_req_id, scope: 'read' });
    expect(other.body).toMatchObject({ verdict: 'deny', reason: 'auth_req_id_invalid' });
    expect(asksOf()).toEqual(before);
  });

  it('is denied where nothing that authentication issues would be believed', async () => {
    const other = await startHelpDesk({ CONSENT_ISSUER: 'https://unknown.example.com' }, rules);
    const { body } = await other.explainAsking();
    expect(body).toMatchObject({ verdict: 'deny', reason: 'subject_token_invalid' });
    await other.close();
  });
});
