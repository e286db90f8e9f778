import { describe, expect, it } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { temporaryServer } from '../after-tests.js';
import {
  checksOf,
  type FormFields,
  issuedClaims,
  issuedToken,
  ruleAt,
  startExchangeWorld,
  UNAVAILABLE,
} from './exchange-world.js';

const rules = [
  ruleAt('carried', {
    claimsFrom: [
      { from: 'subject', claim: 'tier', as: 'customer_tier' },
      { from: 'subject', claim: 'sub', as: 'customer' },
      { from: 'actor', claim: 'role', as: 'agent_role' },
      { from: 'client', claim: 'tenant' },
      { from: 'client', claim: 'missing' },
    ],
  }),
  ruleAt('marked', { claimsFrom: [{ from: 'subject', claim: 'purpose' }], additionalClaims: { token_use: 'id' } }),
  ruleAt('two-sources', { claimsFrom: [{ from: 'subject', claim: 'tier' }], additionalClaims: { tier: 'iron' } }),
  ruleAt('required', { claimsProvider: 'required' }),
  ruleAt('optional', { claimsProvider: 'optional', additionalClaims: { department: 'photos' } }),
  ruleAt('denied', { claimsProvider: 'required', allowedActors: ['nobody'] }),
  ruleAt('provided-too', { claimsProvider: 'required', additionalClaims: { tier: 'iron' } }),
];

let answer: RequestListener;
let requestCount = 0;
const directory = await temporaryServer((request, response) => {
  requestCount += 1;
  request.resume();
  request.once('end', () => answer(request, response));
});
const start = (env: Record<string, string> = {}) =>
  startExchangeWorld(rules, {
    CLAIMS_PROVIDER_URL: directory.origin,
    CLAIMS_PROVIDER_CACHE_SECONDS: '0',
    ...env,
  });
const world = await start();

function answers(status: number, body: string, headers: Record<string, string> = {}): void {
  answer = (_request, response) => void response.writeHead(status, headers).end(body);
}
const provides = (members: object) => answers(200, JSON.stringify({ claims: members }));
const ask = (target: string, fields: FormFields = {}) => world.exchange({ resource: `urn:${target}`, ...fields });

describe('claims out of the question', () => {
  it('are those of the subject, the actor and the client, by the names a rule gives them', async () => {
    const subject = { subject_token: world.token({ tier: 'gold', may_act: { sub: 'bob' } }) };
    const claims = issuedClaims(await ask('carried', { ...subject, ...world.actorFields({ role: 'help-desk' }) }));
    expect(claims).toMatchObject({ customer_tier: 'gold', customer: 'alice', agent_role: 'help-desk', tenant: 'blue' });
    expect(claims).not.toHaveProperty('missing');
  });

  it('never make an ID token of it, where claims alone tell the two apart', async () => {
    const ims = await start({ TOKEN_TYP: 'JWT' });
    const exchange = async (purpose: string) =>
      ims.exchange({ resource: 'urn:marked', subject_token: ims.token({ purpose }) });
    expect(issuedClaims(await exchange('shopping'))).toMatchObject({ purpose: 'shopping' });
    const answer = await exchange('id');
    for (const mark of ['purpose', 'token_use']) expect(issuedClaims(answer)).not.toHaveProperty(mark);
    const onward = await ims.explain({ resource: 'urn:marked', subject_token: issuedToken(answer) });
    const subject = checksOf(onward).find(({ check }) => check === 'subject_token');
    expect(subject?.facts).toMatchObject({ kind: 'access_token' });
  });

  it('are left out where nobody has them', async () => {
    const { customer, agent_role, customer_tier } = issuedClaims(await ask('carried'));
    expect([customer, agent_role, customer_tier]).toEqual(['alice', undefined, undefined]);
  });

  it('are refused where a rule says another value', async () => {
    const fields = { subject_token: world.token({ tier: 'gold' }) };
    expect(await ask('two-sources', fields)).toMatchObject({ status: 500, body: { error: 'server_error' } });
    expect((await ask('two-sources', { subject_token: world.token({ tier: 'iron' }) })).status).toBe(200);
  });

  it.each(['sub', 'act', 'may_act', 'cnf', 'anc', 'act_as'])('are never %s', async (as) => {
    const broken = startExchangeWorld([ruleAt('x', { claimsFrom: [{ from: 'subject', claim: 'tier', as }] })]);
    await expect(broken).rejects.toThrow(/claimsFrom\[0\]\.as: is a registered claim/);
  });
});

describe('claims of the provider', () => {
  it('are in the token, and in what explain says of it', async () => {
    provides({ tier: 'gold', groups: ['a'] });
    expect(issuedClaims(await ask('required'))).toMatchObject({ tier: 'gold', groups: ['a'], sub: 'alice' });
    const { body } = await world.explain({ resource: 'urn:required' });
    expect(body).toMatchObject({ verdict: 'permit', claims: { tier: 'gold' } });
  });

  it('are not asked for unless a rule says so and everything else permits', async () => {
    requestCount = 0;
    await ask('carried');
    expect(await ask('denied')).toMatchObject({ status: 400 });
    expect(requestCount).toBe(0);
  });

  it('are refused where a rule says another value', async () => {
    provides({ tier: 'gold' });
    expect(await ask('provided-too')).toMatchObject({ status: 500, body: { error: 'server_error' } });
  });

  it('are asked for once in a while for one question', async () => {
    const other = await start({ CLAIMS_PROVIDER_CACHE_SECONDS: '30' });
    provides({ tier: 'gold' });
    requestCount = 0;
    const fields = { subject_token: other.token(), resource: 'urn:required' };
    await other.exchange(fields);
    expect(issuedClaims(await other.exchange(fields))).toMatchObject({ tier: 'gold' });
    expect(requestCount).toBe(1);
    other.clock.advance(30);
    await other.exchange(fields);
    expect(requestCount).toBe(2);
  });

  it.each<[string, () => void, Record<string, string>?]>([
    ['is slow', () => (answer = () => undefined), { UPSTREAM_TIMEOUT_MS: '300' }],
    ['hangs up', () => (answer = (request) => request.socket.destroy())],
    ['is down', () => answers(500, '')],
    ['redirects', () => answers(302, '', { location: 'http://127.0.0.1:1/' })],
    ['answers 256 KiB', () => provides({ long: 'x'.repeat(262_144) })],
    ['answers no JSON', () => answers(200, '<html>')],
    ['answers without claims', () => answers(200, '{}')],
    ['answers more than claims', () => answers(200, '{"claims":{},"sub":"mallory"}')],
    ['has claims that are a list', () => answers(200, '{"claims":[]}')],
    ['sets sub', () => provides({ sub: 'mallory' })],
    ['sets act', () => provides({ act: { sub: 'mallory' } })],
    ['sets may_act', () => provides({ may_act: { sub: 'mallory' } })],
    ['sets anc', () => provides({ anc: [] })],
    ['sets cnf', () => provides({ cnf: { jkt: 'x' } })],
    ['sets act_as', () => provides({ act_as: { sub: 'mallory' } })],
  ])(
    'are no token without them where the provider %s and they are required',
    async (_what, respond, env: Record<string, string> = {}) => {
      const other = await start(env);
      respond();
      const fields = { subject_token: other.token(), resource: 'urn:required' };
      const outcome = await other.exchange(fields);
      expect(outcome).toMatchObject(UNAVAILABLE);
      expect(outcome.body).not.toHaveProperty('access_token');
      expect((await other.explain(fields)).body).toMatchObject({ verdict: 'error', reason: 'dependency_failed' });
      const optional = issuedClaims(await other.exchange({ ...fields, resource: 'urn:optional' }));
      expect(optional).toMatchObject({ sub: 'alice', department: 'photos' });
      expect(other.logLines.filter((line) => line.includes('claims not provided')).length).toBeGreaterThanOrEqual(3);
      expect(other.logLines.join('')).not.toMatch(/eyJ[\w-]*\./);
    },
  );

  it('are no token where a rule requires them and no provider is configured', async () => {
    const other = await startExchangeWorld(rules);
    expect(await other.exchange({ resource: 'urn:required' })).toMatchObject(UNAVAILABLE);
  });
});
