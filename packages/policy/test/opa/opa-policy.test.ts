import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOpaPolicy, createPolicyChain } from '@mandate/policy';
import { policyContext, policyQuestion } from '@mandate/testing';
import { type OpaWorld, failureOf, question, startOpaWorld } from './opa-world.js';

const grants = [{ audience: 'printer', scopes: ['read'] }];

let world: OpaWorld;
beforeAll(async () => {
  world = await startOpaWorld();
});
afterAll(() => world.close());

describe('what is asked of OPA', () => {
  it('is the input of the wire contract, without a token', async () => {
    await world.result(true);
    const { url, headers, body } = world.opa.requests.at(-1)!;
    expect(url).toBe('/v1/data/mandate/exchange/match');
    expect(JSON.parse(body)).toEqual({
      input: {
        ...question,
        subject: { iss: 'https://users.example.com', sub: 'alice', claims: { sub: 'alice', country: 'NO' } },
        actor: null,
        origin: 'token_exchange',
        chain: [],
        client: { id: 'gateway', iss: 'https://as.example.com', own: true, scopes: ['exchange'], attributes: {} },
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
    });
    expect(headers).toMatchObject({ 'content-type': 'application/json' });
    expect(headers).not.toHaveProperty('authorization');
  });

  it('is the bare input in family v0, whose answer is the bare document', async () => {
    world.opa.answer(JSON.stringify(grants));
    const actor = { iss: 'https://users.example.com', sub: 'bob', claims: { sub: 'bob' } };
    const decision = await world.decide({ audiences: ['printer'], actor }, '/v0/data/forgerock/exchange/match');
    expect(decision).toEqual({ outcome: 'permit', rules: ['forgerock/exchange/match'], grants });
    expect(JSON.parse(world.opa.requests.at(-1)?.body ?? '')).toMatchObject({
      resources: [],
      audiences: ['printer'],
      actor,
    });
  });

  it('carries the transaction id, the trace, and a bearer token that is read for every request', async () => {
    world.opa.answer('{"result":true}');
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const tokens = ['first', 'second'];
    const backend = world.backend(undefined, () => tokens.shift());
    const context = policyContext({ transactionId: 'transaction-1', traceparent });
    for (const token of [...tokens]) {
      await backend.decide(policyQuestion(question), context);
      const authorization = `Bearer ${token}`;
      expect(world.opa.requests.at(-1)?.headers).toMatchObject({
        'x-forgerock-transactionid': 'transaction-1',
        traceparent,
        authorization,
      });
    }
  });

  it('X14 PB-32 goes to the path of the configuration whatever the request says', async () => {
    world.opa.answer('{"result":[]}');
    const hostile = ['../../v1/policies', 'a/b?c#d', '%2f..%2f', 'system/main'];
    await world.decide({
      audiences: hostile,
      client: { id: '../../x?y#%2f', iss: 'https://as.example.com', own: true, scopes: [], attributes: {} },
    });
    expect(world.opa.requests.at(-1)?.url).toBe('/v1/data/mandate/exchange/match');
  });

  it.each(['https://opa.example.com/v1/policies', 'http://localhost:8181/', 'http://localhost/v2/data/x', 'v1/data/x'])(
    'needs a URL of one of the two families: not %s',
    (url) => expect(() => createOpaPolicy({ http: world.http, url, timeoutMs: 1 })).toThrow(TypeError),
  );
});

describe('what OPA answers', () => {
  it('PB-01 PB-02 true permits exactly what was asked and false denies', async () => {
    const scopes = question.scopes;
    expect(await world.result(true)).toEqual({
      outcome: 'permit',
      rules: ['mandate/exchange/match'],
      grants: [
        { audience: 'urn:photos', scopes },
        { audience: 'printer', scopes },
      ],
    });
    expect(await world.result(false)).toEqual({ outcome: 'deny', rules: ['mandate/exchange/match'] });
  });

  it('true permits nothing where no target was asked for', async () => {
    world.opa.answer('{"result":true}');
    expect(await world.decide({ scopes: ['read'] })).toEqual({ outcome: 'not_applicable', uncovered: [] });
  });

  it('PB-06 an object that allows permits its grants, or what was asked narrowed to its scopes', async () => {
    const full = {
      audience: 'printer',
      scopes: ['read'],
      expirationSeconds: 60,
      allowedActors: ['bob', { iss: 'https://a', sub: 'c' }],
      additionalClaims: { may_act: { sub: 'x' }, team: 1 },
    };
    expect(await world.result({ allow: true, grants: [full], reason: 'x' })).toMatchObject({
      outcome: 'permit',
      grants: [full],
    });
    const narrowPermit = await world.result({ allow: true, scopes: ['read', 'admin'], reason: 'x' });
    expect(narrowPermit).toMatchObject({ grants: [{ scopes: ['read'] }, { scopes: ['read'] }] });
    expect(await world.result({ allow: true })).toMatchObject({ grants: [{ scopes: ['read', 'list'] }, {}] });
  });

  it('reads null members of a grant as absent, as IMS writes them', async () => {
    const nulls = { scopes: null, expirationSeconds: null, allowedActors: null, additionalClaims: null };
    expect(await world.result([{ audience: 'printer', ...nulls }])).toMatchObject({
      grants: [{ audience: 'printer' }],
    });
  });

  it('TX-69 a reason is cleaned and cut for the log', async () => {
    const denyDecision = await world.result({ allow: false, reason: `né\r\n"${'x'.repeat(300)}` });
    expect(denyDecision).toEqual({
      outcome: 'deny',
      rules: ['mandate/exchange/match'],
      reason: `n???"${'x'.repeat(195)}`,
    });
    expect(await world.result({ allow: false, reason: '' })).toMatchObject({ outcome: 'deny', reason: '' });
  });

  it('PB-03 PB-12 undefined is a deny of its own kind: no result in v1, 404 in v0', async () => {
    const countBefore = world.undefinedCount();
    world.opa.answer('{"decision_id":"4ca636c1-55e4-417a-b1d8-4aceb67960d1"}');
    const at = (path: string) => ({ outcome: 'deny', reason: `OPA has no document at ${path}` });
    expect(await world.decide()).toMatchObject(at('/v1/data/mandate/exchange/match'));
    world.opa.answer('{"code":"undefined_document"}', { status: 404 });
    expect(await world.decide(question, '/v0/data/x')).toMatchObject(at('/v0/data/x'));
    expect(world.undefinedCount()).toBe(countBefore + 2);
  });

  it('an empty array does not apply', async () => {
    const targets = ['urn:photos', 'printer'];
    expect(await world.result([])).toEqual({ outcome: 'not_applicable', uncovered: targets });
  });

  it('TX-35 a grant that leaves out a requested audience does not apply', async () => {
    expect(await world.result([{ audience: 'urn:photos' }])).toEqual({
      outcome: 'not_applicable',
      uncovered: ['printer'],
    });
  });

  it('X13 no answer lifts the scope ceiling', async () => {
    expect(createPolicyChain([world.backend()]).liftsScopeCeiling()).toBe(false);
    world.opa.answer(JSON.stringify({ result: [{ audience: 'printer', scopeCeiling: 'policy' }] }));
    expect(await failureOf(world.decide())).toBe('malformed');
  });
});

describe('the health of OPA', () => {
  it('is asked of OPA itself, bundles included', async () => {
    world.opa.answer('{}');
    await expect(world.backend('/behind/v1/data/x').check?.()).resolves.toBeUndefined();
    expect(world.opa.requests.at(-1)?.url).toBe('/behind/health?bundles');
  });

  it('PB-29 fails while a bundle is missing, and not because the path is closed to us', async () => {
    world.opa.answer('{"error":"not all configured bundles have been activated"}', { status: 500 });
    expect(await failureOf(world.backend().check?.() ?? Promise.resolve())).toBe('status');
    world.opa.answer('{}', { status: 401 });
    await expect(world.backend().check?.()).resolves.toBeUndefined();
  });
});
