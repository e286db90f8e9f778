import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '@mandate/ports';
import { opaServer, putOpaDocument, putOpaModule, startRealPart } from '@mandate/testing';
import {
  actorFields,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  IMAGES,
  imagesRule,
  JWT_BEARER,
  OWN,
  startExchangeWorld,
  USERS,
  WEAK,
} from '../http/exchange-world.js';

const rules = [
  { ...imagesRule, additionalClaims: { department: 'photos' } },
  {
    id: 'reports',
    patterns: ['https://reports.example.com/*', 'reports-*'],
    audience: 'reports',
    scopes: ['read'],
    allowedActors: ['bob', { iss: WEAK, sub: 'carol' }],
    expirationSeconds: null,
  },
  { patterns: ['http://files.example.com:*/*'], audience: 'files', scopes: ['read', 'write'], clients: ['gateway'] },
  { patterns: ['http://files.example.com:*/*'], audience: 'archive', scopes: ['read', 'write'], clients: ['other'] },
  {
    id: 'members',
    patterns: ['urn:members'],
    audience: 'members',
    scopes: ['read'],
    subjects: [{ claims: { role: ['member', 'admin'] } }, { issuer: WEAK, subs: ['alice'] }],
  },
  { id: 'closed', patterns: [`${IMAGES}/closed/*`], subjects: { issuer: USERS }, deny: true },
  {
    id: 'cases',
    patterns: ['urn:cases'],
    audience: 'cases',
    scopes: ['read'],
    actors: [
      { issuer: USERS, claims: { role: 'help-desk' }, sameClaim: ['tenant'] },
      { issuer: OWN, subs: ['gateway'] },
    ],
  },
  {
    patterns: ['urn:both'],
    audience: 'both',
    scopes: ['read'],
    allowedActors: ['dora'],
    actors: { claims: { role: 'help-desk' }, sameClaim: ['tenant'] },
  },
  {
    id: 'testers',
    patterns: ['urn:testers'],
    audience: 'testers',
    scopes: ['read'],
    actAs: true,
    allowedActors: ['tester'],
    subjects: { subs: ['test*', 'dora'] },
  },
  {
    patterns: ['urn:printed'],
    audience: 'printed',
    scopes: ['read'],
    actAs: true,
    mayAskSubject: true,
    actAsForm: 'act_as',
    actors: { subs: ['test*'] },
    claimsFrom: [{ from: 'actor', claim: 'role', as: 'agent_role' }],
    embed: [{ claim: 'downstream', audience: 'https://stock.example.com', scopes: ['read'] }],
  },
  {
    patterns: ['urn:conflict'],
    audience: 'x',
    scopes: ['read'],
    clients: ['gateway'],
    additionalClaims: { tier: 'gold' },
  },
  {
    patterns: ['urn:conflict'],
    audience: 'x',
    scopes: ['read'],
    clients: ['gateway'],
    additionalClaims: { tier: 'iron' },
  },
];

const targets: FormFields[] = [
  {},
  { audience: IMAGES, resource: undefined },
  { audience: 'IMAGES', resource: undefined },
  { audience: 'reports' },
  { resource: 'reports-2026' },
  { resource: [`${IMAGES}/a`, 'reports-2026'] },
  { resource: [`${IMAGES}/a`, 'https://unknown.example.com/'] },
  { resource: [`${IMAGES}/a`, `${IMAGES}/closed/b`] },
  { resource: `${IMAGES}/%2e%2E/b` },
  { resource: `${IMAGES}/*` },
  { resource: `${IMAGES}.evil/a` },
  { resource: undefined },
  { resource: 'http://files.example.com:8080/a' },
  { resource: 'http://files.example.com:8080.evil/a' },
  { resource: 'http://files.example.com:*/*', scope: 'read' },
  { resource: 'urn:members' },
  { resource: 'urn:conflict' },
  { resource: 'urn:cases' },
  { resource: 'urn:both' },
  { resource: 'urn:testers' },
  { resource: 'urn:printed' },
  { resource: `${IMAGES}/a`, scope: 'read admin' },
];
const parties: [name: string, fields: (world: ExchangeWorld) => FormFields][] = [
  ['alice', () => ({})],
  [
    'alice, a member, by bob',
    (world) => ({ subject_token: world.token({ role: ['guest', 'member'] }), ...actorFields(world) }),
  ],
  ['alice, a member', (world) => ({ subject_token: world.token({ role: ['guest', 'member'] }) })],
  [
    'alice for bob by consent',
    (world) => ({ subject_token: world.token({ may_act: { sub: 'bob' } }), ...actorFields(world) }),
  ],
  [
    'alice of another issuer by carol',
    (world) => ({
      subject_token: world.token({ iss: WEAK }),
      ...actorFields(world, { iss: WEAK, sub: 'carol' }),
    }),
  ],
];
/** Of a customer by a help-desk agent, by tenants. */
const helpDesk = ([customer, agent, more]: [
  JsonValue | undefined,
  JsonValue | undefined,
  Claims?,
]): (typeof parties)[number] => [
  `alice of ${JSON.stringify(customer)} by dora of ${JSON.stringify(agent)}`,
  (world) => ({
    subject_token: world.token({ tenant: customer }),
    ...actorFields(world, { sub: 'dora', role: 'help-desk', tenant: agent, ...more }),
  }),
];
const agents: [JsonValue | undefined, JsonValue | undefined, Claims?][] = [
  ['blue', 'blue'],
  ['blue', 'blue', { iss: WEAK }],
  ['blue', 'blue', { sub: 'emil' }],
  ['blue', 'blue', { role: ['sales', 'help-desk'] }],
  ['blue', 'blue', { role: 'sales' }],
  ['blue', 'green'],
  [
    ['blue', 'red'],
    ['blue', 'red'],
  ],
  ['blue', ['blue']],
  [undefined, undefined],
  ['', ''],
  [null, null],
];
parties.push(...agents.map(helpDesk));
/** By an assertion in place of the subject token, and by name. */
const asserted = (world: ExchangeWorld, claims: Claims): FormFields => ({
  grant_type: JWT_BEARER,
  assertion: world.token(claims),
  subject_token: undefined,
  subject_token_type: undefined,
});
const named = (actor: string, subject: string): (typeof parties)[number] => [
  `${actor} as ${subject}`,
  (world) => ({ ...asserted(world, { sub: actor }), claims: `{"access_token":{"act_as":{"value":"${subject}"}}}` }),
];
parties.push(
  ['alice, who is asserted', (world) => asserted(world, {})],
  ['a member, who is asserted', (world) => asserted(world, { role: 'member', act: { sub: 'agent' } })],
  ['a tester, who is asserted', (world) => asserted(world, { sub: 'test1' })],
  named('tester', 'test1'),
  named('tester', 'dora'),
  named('tester', 'alice'),
  named('tester', 'contest'),
  named('test2', 'test1'),
  named('bob', 'alice'),
  named('mallory', 'test1'),
);
const requests = targets.flatMap((target) => parties.map(([name, fields]) => ({ name, target, fields })));

const opa = await startRealPart(opaServer, process.env);
const library = new URL('../../../../policies/opa/exchange.rego', import.meta.url);

(opa === undefined ? describe.skip : describe)('the same policy file, decided by json and by OPA', () => {
  let byJson: ExchangeWorld;
  let byOpa: ExchangeWorld;
  beforeAll(async () => {
    const origin = opa?.address ?? '';
    await putOpaModule(origin, 'mandate', readFileSync(library, 'utf8'));
    await putOpaDocument(origin, 'mandate/policy', { resources: rules });
    byJson = await startExchangeWorld(rules);
    byOpa = await startExchangeWorld(rules, {
      TOKEN_EXCHANGE_POLICIES: 'opa',
      EXCHANGE_POLICY_OPA_URL: `${origin}/v1/data/mandate/exchange/match`,
      UPSTREAM_TIMEOUT_MS: '5000',
    });
  });
  afterAll(async () => {
    await byJson.close();
    await byOpa.close();
    await opa?.stop();
  });

  const explained = async (world: ExchangeWorld, { target, fields }: (typeof requests)[number]) => {
    const { body } = await world.explain({ ...target, ...fields(world) });
    const ownOfEach = ['jti', 'anc', 'authGrantId'];
    const kept = (name: string, value: unknown) => (ownOfEach.includes(name) ? undefined : value);
    return {
      verdict: body['verdict'],
      reason: body['reason'],
      claims: JSON.parse(JSON.stringify(body['claims'] ?? {}, kept)) as unknown,
    };
  };

  it(`comes to the same verdict, reason and claims for each of ${requests.length} requests`, async () => {
    const verdicts = new Map<string, number>();
    for (const request of requests) {
      const [json, rego] = await Promise.all([explained(byJson, request), explained(byOpa, request)]);
      expect({ request, ...rego }).toEqual({ request, ...json });
      const kind = String(json.reason ?? json.verdict);
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
    }
    // What the requests are for: a table in which all is refused would show nothing.
    expect(requests.length).toBeGreaterThanOrEqual(40);
    expect(verdicts.get('permit')).toBeGreaterThanOrEqual(15);
    expect([...verdicts.keys()]).toEqual(
      expect.arrayContaining([
        'no_policy_applies',
        'policy_denied',
        'policy_conflict',
        'actor_not_allowed',
        'ambiguous_targets',
        'act_as_not_allowed',
      ]),
    );
  }, 240_000);

  it('is decided by an exchange as well', async () => {
    const request = { resource: 'http://files.example.com:8080/a', scope: 'read' };
    const answers = [await byJson.exchange(request), await byOpa.exchange(request)];
    expect(answers.map(({ status, body }) => [status, body['scope']])).toEqual([
      [200, 'read'],
      [200, 'read'],
    ]);
  });
});
