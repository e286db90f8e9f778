import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { TEST_START } from '@mandate/testing';
import {
  actorFields,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  identifierOf,
  issuedClaims,
  JWT_BEARER,
  OWN,
  startExchangeWorld,
} from './exchange-world.js';
import { expectRefusal } from './refusal-world.js';
import { agreedToken, bob } from './rules/agreed-token.js';

const outer = { patterns: ['urn:orders'], audience: 'orders', scopes: ['read', 'write'], expirationSeconds: 120 };
const inner = { claim: 'downstream', audience: 'https://stock.example.com', scopes: ['read'] };
const rules = [
  { id: 'orders', ...outer, embed: [{ ...inner, expirationSeconds: 30, additionalClaims: { tier: 'gold' } }] },
  { id: 'stock', patterns: ['urn:stock'], audience: 'https://stock.example.com', scopes: ['read'] },
  { id: 'named', ...outer, patterns: ['urn:named'], embed: [inner], actAs: true, allowedActors: ['bob'] },
  { id: 'one', ...outer, patterns: ['urn:two'], embed: [inner], clients: ['gateway'] },
  { id: 'other', ...outer, patterns: ['urn:two'], embed: [{ ...inner, audience: 'https://else.example.com' }] },
  { id: 'same', ...outer, patterns: ['urn:same'], embed: [inner] },
  { id: 'same-audience', ...outer, patterns: ['urn:same'], audience: inner.audience },
  { id: 'large', ...outer, patterns: ['urn:large'], embed: [{ ...inner, additionalClaims: { x: 'x'.repeat(5600) } }] },
];

let world: ExchangeWorld;
beforeAll(async () => {
  world = await startExchangeWorld(rules);
});
afterAll(() => world.close());

const ask = (resource: string, fields: FormFields = {}) => world.exchange({ resource, ...fields });
const inside = (claims: Claims): Claims => decodeJwt(String(claims['downstream']));
const consent = () => ({ subject_token: world.token({ may_act: { sub: 'bob' } }) });

describe('a token inside a token', () => {
  it('is of the same subject and chain, for another audience, and says less', async () => {
    const issued = issuedClaims(await ask('urn:orders', { ...consent(), ...actorFields(world) }));
    const { jti, anc, ...claims } = inside(issued);
    expect(claims).toEqual({
      iss: OWN,
      sub: 'alice',
      sub_id: issued['sub_id'],
      aud: 'https://stock.example.com',
      client_id: 'gateway',
      scope: 'read',
      scp: ['read'],
      act: { sub: 'bob' },
      tier: 'gold',
      iat: TEST_START,
      nbf: TEST_START,
      exp: TEST_START + 30,
      authGrantId: issued['authGrantId'],
    });
    expect(jti).not.toBe(issued['jti']);
    expect(anc).toEqual([...(issued['anc'] as string[]), identifierOf(issued)]);
  });

  it('has no scope that the token around it has not', async () => {
    const issued = issuedClaims(await ask('urn:orders', { scope: 'write' }));
    expect(inside(issued)).toMatchObject({ scope: '', scp: [] });
    const short = issuedClaims(await ask('urn:orders', { subject_token: world.token({ exp: TEST_START + 10 }) }));
    expect(inside(short)['exp']).toBe(TEST_START + 10);
  });

  it('is there in every way of acting, and explained by its claims and not as a token', async () => {
    const fields = { resource: 'urn:named', grant_type: JWT_BEARER, scope: 'act_as:alice' };
    const answer = await world.assert({ ...fields, assertion: world.token({ sub: 'bob' }) });
    expect(inside(issuedClaims(answer))).toMatchObject({ sub: 'alice', act: { sub: 'bob' } });
    const explained = await world.explain({ resource: 'urn:orders' });
    expect(explained.body).toMatchObject({
      claims: { downstream: { aud: 'https://stock.example.com', sub: 'alice' } },
    });
  });

  it('ends with the token around it, and not the other way round', async () => {
    const issued = issuedClaims(await ask('urn:orders'));
    const embedded = String(issued['downstream']);
    const further = { subject_token: embedded, resource: 'urn:stock' };
    expect((await world.exchange(further)).status).toBe(200);
    await world.revocations.revoke([{ kind: 'token', id: identifierOf(issued), expiresAt: TEST_START + 600 }]);
    expect((await world.exchange(further)).status).toBe(400);

    const answer = await ask('urn:orders');
    const other = issuedClaims(answer);
    const id = identifierOf(inside(other));
    await world.revocations.revoke([{ kind: 'token', id, expiresAt: TEST_START + 600 }]);
    expect((await ask('urn:stock', { subject_token: String(answer.body['access_token']) })).status).toBe(200);
    expect((await ask('urn:stock', { subject_token: String(other['downstream']) })).status).toBe(400);
  });

  describe('of what a person agreed to (section 10)', () => {
    const agreed = (...locations: string[]): FormFields => ({
      subject_token: agreedToken(world, { locations }),
      ...bob(world),
      resource: 'urn:orders',
      scope: 'read',
    });

    it('outside_agreement: is for no place that they did not agree to', async () => {
      await expectRefusal(world, agreed('urn:orders'), { reason: 'outside_agreement' });
      const { body } = await world.explain(agreed('urn:orders', 'https://stock.example.com/'));
      expect(body['needs']).toEqual(['an agreement that has the location https://stock.example.com']);
      expect((body['checks'] as object[]).at(-1)).toMatchObject({
        check: 'embedding',
        facts: { audiences: [inner.audience] },
      });
    });

    it('goes where they agreed to, and is bound by it there', async () => {
      const issued = issuedClaims(await world.exchange(agreed('urn:orders', inner.audience)));
      const details = issued['authorization_details'];
      expect(inside(issued)).toMatchObject({
        aud: inner.audience,
        act: { sub: 'bob' },
        authorization_details: details,
      });
      const further = { subject_token: String(issued['downstream']) };
      await expectRefusal(world, { ...further, resource: 'urn:stock' }, { reason: 'outside_agreement' });
    });
  });

  it.each([
    ['rules that give one claim to two', 'urn:two'],
    ['the audience of the token itself, by another rule', 'urn:same'],
  ])('is refused for %s', async (_what, resource) => {
    expect((await ask(resource, { scope: 'read' })).status).toBe(500);
    const { body } = await world.explain({ resource, scope: 'read' });
    expect(body).toMatchObject({ verdict: 'deny', reason: 'policy_conflict' });
  });

  it('token_too_large: a token that is 12 KiB with what is inside', async () => {
    const subject_token = world.token({ sub: 'a'.repeat(800) });
    expect(await ask('urn:large', { subject_token })).toMatchObject({ status: 500, body: { error: 'server_error' } });
    const explained = await world.explain({ resource: 'urn:large', subject_token });
    expect(explained.body).toMatchObject({ verdict: 'deny', reason: 'token_too_large' });
  });

  it.each<[string, object[], RegExp]>([
    ['a scope that the rule does not grant', [{ ...inner, scopes: ['admin'] }], /embed: has a scope/],
    ['the audience of the rule itself', [{ ...inner, audience: 'orders' }], /embed: is for the audience of the rule/],
    ['two in one claim', [inner, { ...inner, audience: 'x' }], /embed: gives one claim twice/],
    ['a registered claim', [{ ...inner, claim: 'act' }], /embed\[0\]\.claim: is a registered claim/],
    [
      'a registered claim inside',
      [{ ...inner, additionalClaims: { sub: 'x' } }],
      /additionalClaims: names a registered/,
    ],
    ['more than 12 KiB', [{ ...inner, additionalClaims: { x: 'x'.repeat(7000) } }], /embed: makes a token of more/],
  ])('is refused at load with %s', async (_what, embed, message) => {
    await expect(startExchangeWorld([{ ...outer, embed }])).rejects.toThrow(message);
  });
});
