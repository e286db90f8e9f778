import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { TEST_START } from '@mandate/testing';
import {
  checksOf,
  type Claims,
  type FormFields,
  identifierOf,
  issuedClaims,
  issuedToken,
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

const world = await startExchangeWorld(rules);

const ask = (resource: string, fields: FormFields = {}) => world.exchange({ resource, ...fields });
const inside = (claims: Claims): Claims => decodeJwt(String(claims['downstream']));
const consent = () => ({ subject_token: world.token({ may_act: { sub: 'bob' } }) });

describe('a token inside a token', () => {
  it('is of the same subject and chain, for another audience, and says less', async () => {
    const around = issuedClaims(await ask('urn:orders', { ...consent(), ...world.actorFields() }));
    const { jti, anc, ...claims } = inside(around);
    expect(claims).toEqual({
      iss: OWN,
      sub: 'alice',
      sub_id: around['sub_id'],
      aud: 'https://stock.example.com',
      client_id: 'gateway',
      scope: 'read',
      scp: ['read'],
      act: { sub: 'bob' },
      tier: 'gold',
      iat: TEST_START,
      nbf: TEST_START,
      exp: TEST_START + 30,
      authGrantId: around['authGrantId'],
    });
    expect(jti).not.toBe(around['jti']);
    expect(anc).toEqual([...(around['anc'] as string[]), identifierOf(around)]);
  });

  it('has no scope that the token around it has not', async () => {
    const around = issuedClaims(await ask('urn:orders', { scope: 'write' }));
    expect(inside(around)).toMatchObject({ scope: '', scp: [] });
    const short = issuedClaims(await ask('urn:orders', { subject_token: world.token({ exp: TEST_START + 10 }) }));
    expect(inside(short)['exp']).toBe(TEST_START + 10);
  });

  it('is there in every way of acting, and explained by its claims and not as a token', async () => {
    const fields = { resource: 'urn:named', scope: 'act_as:alice', assertion: world.token({ sub: 'bob' }) };
    const answer = await world.assert(fields);
    expect(inside(issuedClaims(answer))).toMatchObject({ sub: 'alice', act: { sub: 'bob' } });
    const { body } = await world.explain({ resource: 'urn:orders' });
    expect(body).toMatchObject({ claims: { downstream: { aud: 'https://stock.example.com', sub: 'alice' } } });
  });

  it('ends with the token around it, and not the other way round', async () => {
    const first = issuedClaims(await ask('urn:orders'));
    const further = { subject_token: String(first['downstream']) };
    expect((await ask('urn:stock', further)).status).toBe(200);
    await world.revoke(identifierOf(first));
    expect((await ask('urn:stock', further)).status).toBe(400);

    const answer = await ask('urn:orders');
    const second = issuedClaims(answer);
    await world.revoke(identifierOf(inside(second)));
    expect((await ask('urn:stock', { subject_token: issuedToken(answer) })).status).toBe(200);
    expect((await ask('urn:stock', { subject_token: String(second['downstream']) })).status).toBe(400);
  });

  describe('of what a person agreed to (section 10)', () => {
    const request = (...locations: string[]): FormFields => ({
      subject_token: agreedToken(world, { locations }),
      ...bob(world),
      resource: 'urn:orders',
      scope: 'read',
    });

    it('outside_agreement: is for no place that they did not agree to', async () => {
      await expectRefusal(world, request('urn:orders'), { reason: 'outside_agreement' });
      const explanation = await world.explain(request('urn:orders', 'https://stock.example.com/'));
      expect(explanation.body['needs']).toEqual(['an agreement that has the location https://stock.example.com']);
      const facts = { audiences: [inner.audience] };
      expect(checksOf(explanation).at(-1)).toMatchObject({ check: 'embedding', facts });
    });

    it('goes where they agreed to, and is bound by it there', async () => {
      const around = issuedClaims(await world.exchange(request('urn:orders', inner.audience)));
      const { authorization_details } = around;
      expect(inside(around)).toMatchObject({ aud: inner.audience, act: { sub: 'bob' }, authorization_details });
      const further = { subject_token: String(around['downstream']) };
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
    const { body } = await world.explain({ resource: 'urn:large', subject_token });
    expect(body).toMatchObject({ verdict: 'deny', reason: 'token_too_large' });
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
