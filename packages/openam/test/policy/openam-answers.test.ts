import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEST_START, OPENAM_TEST_POLICY_SET } from '@mandate/testing';
import { decide, failureOf, openamBackend, openStandIn, type OpenamWorld } from './openam-world.js';
import type { OpenamPolicyOptions } from '../../src/policy/openam-policy.js';

const NEVER = 9_223_372_036_854_775_807n;
const PERMIT = '"actions":{"GET":true},"attributes":{"aud":["a"],"scp":["read"],"uid":["alice"]},"advices":{}';

describe("AM's answers", () => {
  let world: OpenamWorld;
  beforeEach(async () => {
    world = await openStandIn();
  });
  afterEach(() => world.close());

  const answerWith = (body: string, status = 200): void =>
    world.am.answer('evaluate', (_request, response) => response.writeHead(status).end(body));
  const ask = (resources = ['r'], options: Partial<OpenamPolicyOptions> = {}) =>
    decide(openamBackend(world.am.url, { clock: world.clock, ...options }), resources);
  const decisionOf = (members: string, resource = 'r'): string => `{"resource":"${resource}",${members}}`;

  it.each([
    ['actions {}', '"actions":{},"attributes":{},"advices":{}', 'not_applicable'],
    ['an action false', '"actions":{"GET":false},"attributes":{},"advices":{}', 'deny'],
    ['true beside false', '"actions":{"GET":true,"POST":false},"attributes":{"aud":["a"]},"advices":{}', 'deny'],
    ['advices', '"actions":{"GET":true},"attributes":{},"advices":{"AuthLevel":["5"]}', 'deny'],
    ['at least one true', PERMIT, 'permit'],
  ])('PB-34 %s', async (_name, members, outcome) => {
    answerWith(`[${decisionOf(members)}]`);
    expect((await ask()).outcome).toBe(outcome);
  });

  it.each([
    ['an empty array', '[]'],
    ['a decision for another resource', `[${decisionOf(PERMIT, 'other')}]`],
    ['one of two resources missing', `[${decisionOf(PERMIT)}]`],
    ['two decisions for one resource', `[${decisionOf(PERMIT)},${decisionOf(PERMIT)}]`],
    ['one too many', `[${decisionOf(PERMIT)},${decisionOf(PERMIT, 's')},${decisionOf(PERMIT, 't')}]`],
    ['a resource in another case', `[${decisionOf(PERMIT)},${decisionOf(PERMIT, 'S')}]`],
  ])('PB-34 %s is a failure', async (_name, body) => {
    answerWith(body);
    expect(await failureOf(ask(['r', 's']))).toMatch(/^malformed/);
  });

  it.each([
    '{}',
    'null',
    '',
    '[null]',
    '[[]]',
    '[{"resource":"r"}]',
    `[${decisionOf('"actions":[]')}]`,
    `[${decisionOf('"actions":{"GET":"true"},"attributes":{},"advices":{}')}]`,
    `[${decisionOf('"actions":{"GET":true},"attributes":{"aud":"a"},"advices":{}')}]`,
    `[${decisionOf('"actions":{"GET":true},"attributes":[],"advices":{}')}]`,
    `[${decisionOf('"actions":{"GET":true},"attributes":{"aud":[1]},"advices":{}')}]`,
    `[${decisionOf(`${PERMIT},"ttl":"never"`)}]`,
    `[${decisionOf(`${PERMIT},"actions":{"GET":false}`)}]`,
    `[${decisionOf(PERMIT)}][]`,
    '<html>',
  ])('PB-18 PB-20 X12 %j is a failure', async (body) => {
    answerWith(body);
    expect(await failureOf(ask())).toMatch(/^malformed/);
  });

  it.each([301, 403, 404, 405, 500, 502, 503])('PB-17 X12 status %d is a failure', async (status) => {
    answerWith(`[${decisionOf(PERMIT)}]`, status);
    expect(await failureOf(ask())).toBe(`${status === 403 ? 'refused' : 'status'}: ${status}`);
  });

  it.each([
    ['aud', '{"scp":["read"],"uid":["alice"]}'],
    ['scp', '{"aud":["a"],"uid":["alice"]}'],
    ['uid', '{"aud":["a"],"scp":["read"]}'],
    ['a value in aud', '{"aud":[],"scp":["read"],"uid":["alice"]}'],
    ['a name in uid', '{"aud":["a"],"scp":["read"],"uid":[""]}'],
  ])('a permit without %s is a failure', async (_name, attributes) => {
    answerWith(`[${decisionOf(`"actions":{"GET":true},"attributes":${attributes},"advices":{}`)}]`);
    expect(await failureOf(ask())).toMatch(/^malformed: a permit without a mandatory/);
  });

  const withAttributes = (attributes: string, ttl: bigint | number = NEVER): string =>
    decisionOf(
      `"actions":{"GET":true},"attributes":{"aud":["a"],"scp":["read"],"uid":["alice"]${attributes}},"advices":{},"ttl":${ttl}`,
    );

  it('keeps the scopes of one resource from another, and unites claims', async () => {
    const otherAttributes = '{"aud":["b"],"scp":["write"],"uid":["alice"],"dept":["x"]}';
    const second = decisionOf(`"actions":{"GET":true},"attributes":${otherAttributes},"advices":{}`, 's');
    answerWith(`[${second},${withAttributes(',"dept":["y"]')}]`);
    expect(await ask(['r', 's'])).toEqual({
      outcome: 'permit',
      rules: [OPENAM_TEST_POLICY_SET],
      grants: [
        { audience: 'b', scopes: ['write'], additionalClaims: { dept: ['x', 'y'] } },
        { audience: 'a', scopes: ['read'], additionalClaims: { dept: ['x', 'y'] } },
      ],
    });
  });

  it('two subjects over two resources are a failure', async () => {
    const otherAttributes = '{"aud":["b"],"scp":["read"],"uid":["bob"]}';
    answerWith(
      `[${withAttributes('')},${decisionOf(`"actions":{"GET":true},"attributes":${otherAttributes},"advices":{}`, 's')}]`,
    );
    expect(await failureOf(ask(['r', 's']))).toBe('malformed: policies of two subjects');
  });

  it('a deny wins over a permit and over what does not apply', async () => {
    const denyDecision = decisionOf('"actions":{"GET":false},"attributes":{},"advices":{}', 's');
    answerWith(`[${withAttributes('')},${denyDecision}]`);
    expect(await ask(['r', 's'])).toEqual({ outcome: 'deny', rules: [OPENAM_TEST_POLICY_SET] });
  });

  it('reads lifetimes: the least of them, and never past the end of the decision', async () => {
    const lifetime = async (members: string, ttl: bigint | number): Promise<number | undefined> => {
      answerWith(`[${withAttributes(members, ttl)}]`);
      const decision = await ask();
      return decision.outcome === 'permit' ? decision.grants[0]?.expirationSeconds : undefined;
    };
    expect(await lifetime('', NEVER)).toBeUndefined();
    expect(await lifetime(',"expires":["120","60"]', NEVER)).toBe(60);
    expect(await lifetime(',"expires":["120"]', (TEST_START + 90) * 1000 + 999)).toBe(90);
    expect(await lifetime('', (TEST_START + 90) * 1000)).toBe(90);
  });

  it.each([
    ['a lifetime that is no number', ',"expires":["soon"]', NEVER],
    ['a lifetime of nothing', ',"expires":["0"]', NEVER],
    ['a decision that has ended', '', BigInt(TEST_START * 1000)],
    ['a scope of two words', ',"scope":["x"]', NEVER],
  ])('%s is a failure', async (_name, members, ttl) => {
    const attributes = { audience: 'aud', scope: 'scp', subject: 'uid', allowedActors: 'may_act' };
    const scope = members.includes('scope') ? withAttributes('', ttl).replace('"read"', '"read write"') : undefined;
    answerWith(`[${scope ?? withAttributes(members, ttl)}]`);
    const options = { attributes: { ...attributes, expiresInSeconds: 'expires', copyAdditional: false } };
    expect(await failureOf(ask(['r'], options))).toMatch(/^malformed/);
  });

  it('copies other attributes only when told to, may_act as the claim it is', async () => {
    const attributes = { audience: 'aud', scope: 'scp', subject: 'uid', allowedActors: 'allowedActors' };
    answerWith(`[${withAttributes(',"allowedActors":["bob"],"may_act":["bob","carol"],"one":["x"]')}]`);
    const grants = async (copyAdditional: boolean): Promise<unknown> => {
      const decision = await ask(['r'], { attributes: { ...attributes, copyAdditional } });
      return decision.outcome === 'permit' ? decision.grants : decision;
    };
    const terms = { audience: 'a', scopes: ['read'], allowedActors: expect.arrayContaining(['bob']) };
    expect(await grants(false)).toEqual([{ ...terms, additionalClaims: {} }]);
    const additionalClaims = { may_act: { sub: ['bob', 'carol'] }, one: 'x' };
    expect(await grants(true)).toEqual([{ ...terms, additionalClaims }]);
  });

  describe('an attribute of grant members', () => {
    const attributes = {
      audience: 'aud',
      scope: 'scp',
      subject: 'uid',
      allowedActors: 'may_act',
      grant: 'grant',
      copyAdditional: false,
    };
    const grantTerms = (...values: object[]): void => {
      const texts = values.map((value) => JSON.stringify(JSON.stringify(value)));
      answerWith(`[${withAttributes(`,"grant":[${texts.join(',')}]`)}]`);
    };

    it('says what a rule of the policy file would, one grant a value', async () => {
      const claimsFrom = [{ from: 'subject', claim: 'tier', as: 'customer_tier' }];
      grantTerms({ actAs: true, mayAskSubject: true, claimsFrom }, { claimsProvider: 'required' });
      const decision = await ask(['r'], { attributes });
      expect(decision).toMatchObject({
        outcome: 'permit',
        grants: [
          { audience: 'a', scopes: ['read'], actAs: true, mayAskSubject: true, claimsFrom },
          { audience: 'a', scopes: ['read'], claimsProvider: 'required' },
        ],
      });
    });

    it.each([
      ['a member that it has not', { actAs: true, scopes: ['admin'] }],
      ['a member of another type', { actAs: 'yes' }],
      ['a registered claim to set', { claimsFrom: [{ from: 'subject', claim: 'tier', as: 'sub' }] }],
    ])('is a failure with %s', async (_name, value) => {
      grantTerms(value);
      expect(await failureOf(ask(['r'], { attributes }))).toMatch(/^malformed/);
    });

    it('is a failure where it is no JSON, and nothing where it is not named', async () => {
      answerWith(`[${withAttributes(',"grant":["yes"]')}]`);
      expect(await failureOf(ask(['r'], { attributes }))).toMatch(/^malformed/);
      grantTerms({ actAs: true });
      const decision = await ask(['r'], { attributes: { ...attributes, grant: undefined } });
      expect(decision.outcome === 'permit' && decision.grants[0]).not.toHaveProperty('actAs');
    });
  });

  it('means by a bare name a person at this AM, in the realm of the policies, as tokens and sessions name it', async () => {
    answerWith(`[${withAttributes(',"may_act":["bob"]')}]`);
    const decision = await ask();
    expect(decision.outcome === 'permit' && decision.grants[0]?.allowedActors).toEqual([
      'bob',
      { iss: `${world.am.url}/oauth2`, sub: 'bob' },
      { iss: `${world.am.url}/oauth2/realms/root`, sub: 'bob' },
      { iss: `${world.am.url}/realms/root`, sub: 'bob' },
    ]);
  });

  it('no name is special in the attributes', async () => {
    answerWith(`[${withAttributes(',"__proto__":["x"],"constructor":["y"]')}]`);
    expect((await ask()).outcome).toBe('permit');
    expect(({} as Record<string, unknown>)['0']).toBeUndefined();
  });

  it('PB-22 X12 a huge answer is a failure', async () => {
    answerWith(`[${decisionOf(PERMIT)}${' '.repeat(300_000)}]`);
    expect(await failureOf(ask())).toMatch(/^too_large/);
  });

  it('PB-23 PB-24 a cut connection and a silent AM are failures in time', async () => {
    world.am.answer('evaluate', (request) => request.socket.destroy());
    expect(await failureOf(ask())).toBe('unreachable');
    world.am.answer('evaluate', () => undefined);
    const backend = openamBackend(world.am.url, { timeoutMs: 200 });
    expect(await failureOf(decide(backend, ['r']))).toBe('timeout');
  });
});
