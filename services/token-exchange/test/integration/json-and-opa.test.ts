import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '@mandate/ports';
import { opaServer, putOpaDocument, putOpaModule, startRealPart } from '@mandate/testing';
import {
  BATCH,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  GATEWAY,
  IMAGES,
  JWT_BEARER,
  startExchangeWorld,
  WEAK,
} from '../http/exchange-world.js';
import { rules } from './parity-rules.js';

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
  { resource: `${IMAGES}/a%2F..%2fb` },
  { resource: `${IMAGES}/..;a=b/b` },
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
  { resource: 'urn:asserted' },
  { resource: 'urn:embedded-twice' },
  { resource: 'urn:provided' },
  { resource: 'urn:provided-perhaps' },
  { resource: 'urn:two-forms' },
  { resource: 'urn:one-of-two' },
  { resource: `${IMAGES}/a`, scope: 'read admin' },
];
const parties: [name: string, fields: (world: ExchangeWorld) => FormFields, caller?: typeof GATEWAY][] = [
  ['alice', () => ({})],
  [
    'alice, a member, by bob',
    (world) => ({ subject_token: world.token({ role: ['guest', 'member'] }), ...world.actorFields() }),
  ],
  ['alice, a member', (world) => ({ subject_token: world.token({ role: ['guest', 'member'] }) })],
  [
    'alice for bob by consent',
    (world) => ({ subject_token: world.token({ may_act: { sub: 'bob' } }), ...world.actorFields() }),
  ],
  [
    'alice of another issuer by carol',
    (world) => ({
      subject_token: world.token({ iss: WEAK }),
      ...world.actorFields({ iss: WEAK, sub: 'carol' }),
    }),
  ],
];
/** Of a customer by a help-desk agent, by tenants. */
const helpDesk = ([customer, agent, moreClaims]: [
  JsonValue | undefined,
  JsonValue | undefined,
  Claims?,
]): (typeof parties)[number] => [
  `alice of ${JSON.stringify(customer)} by dora of ${JSON.stringify(agent)}`,
  (world) => ({
    subject_token: world.token({ tenant: customer }),
    ...world.actorFields({ sub: 'dora', role: 'help-desk', tenant: agent, ...moreClaims }),
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
const assertionFields = (world: ExchangeWorld, claims: Claims): FormFields => ({
  grant_type: JWT_BEARER,
  assertion: world.token(claims),
  subject_token: undefined,
  subject_token_type: undefined,
});
const actingAs = (actor: string, subject: string, moreClaims: Claims = {}): (typeof parties)[number] => [
  `${actor} ${JSON.stringify(moreClaims)} as ${subject}`,
  (world) => ({
    ...assertionFields(world, { sub: actor, ...moreClaims }),
    claims: `{"access_token":{"act_as":{"value":"${subject}"}}}`,
  }),
];
parties.push(
  ['alice, who is asserted', (world) => assertionFields(world, {})],
  ['a member, who is asserted', (world) => assertionFields(world, { role: 'member', act: { sub: 'agent' } })],
  ['a tester, who is asserted', (world) => assertionFields(world, { sub: 'test1' })],
  [
    'alice, whom a client asserts',
    (world) => ({ ...assertionFields(world, {}), assertion: world.clientAssertion() }),
    BATCH,
  ],
  actingAs('tester', 'test1'),
  actingAs('tester', 'dora'),
  actingAs('tester', 'alice'),
  actingAs('tester', 'contest'),
  actingAs('test2', 'test1'),
  actingAs('test2', 'test1', { role: 'help-desk' }),
  actingAs('bob', 'alice'),
  actingAs('mallory', 'test1'),
);
const requests = targets.flatMap((target) =>
  parties.map(([name, fields, caller = GATEWAY]) => ({ name, target, fields, caller })),
);

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
  afterAll(() => opa?.stop());

  const outcomeOf = async (world: ExchangeWorld, { target, fields, caller }: (typeof requests)[number]) => {
    const { body } = await world.explain({ ...target, ...fields(world) }, caller);
    const ownOfEach = ['jti', 'anc', 'authGrantId'];
    const withoutOwn = (name: string, value: unknown) => (ownOfEach.includes(name) ? undefined : value);
    return {
      verdict: body['verdict'],
      reason: body['reason'],
      claims: JSON.parse(JSON.stringify(body['claims'] ?? {}, withoutOwn)) as Claims,
    };
  };

  it(`comes to the same verdict, reason and claims for each of ${requests.length} requests`, async () => {
    const verdicts = new Map<string, number>();
    const claims = new Set<string>();
    for (const request of requests) {
      const [json, rego] = await Promise.all([outcomeOf(byJson, request), outcomeOf(byOpa, request)]);
      expect({ request, ...rego }).toEqual({ request, ...json });
      const kind = String(json.reason ?? json.verdict);
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
      for (const name of Object.keys(json.claims)) claims.add(name);
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
        'dependency_failed',
      ]),
    );
    const further = ['act', 'act_as', 'downstream', 'further', 'agent_role', 'subject_role', 'tenant', 'department'];
    expect([...claims]).toEqual(expect.arrayContaining(further));
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
