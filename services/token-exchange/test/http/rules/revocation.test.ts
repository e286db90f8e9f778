import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import type { Revocation } from '@mandate/token';
import { TEST_START } from '@mandate/testing';
import {
  type Claims,
  type ExchangeWorld,
  type FormFields,
  identifierOf,
  imagesRule,
  IMAGES,
  issuedClaims,
  issuedToken,
  OWN,
  startExchangeWorld,
  UNAVAILABLE,
  USERS,
} from '../exchange-world.js';
import { temporaryServer } from '../../after-tests.js';
import { expectRefusal } from '../refusal-world.js';

const PRINTER = 'https://printer.example.com';
const printerRule = {
  id: 'printer',
  patterns: [`${PRINTER}/*`],
  audience: PRINTER,
  scopes: ['read'],
  allowedActors: ['carol'],
};
const rules = [{ ...imagesRule, audience: 'gateway' }, printerRule];
const world = await startExchangeWorld(rules);

const expiresAt = TEST_START + 3600;

/** Alice's token, Bob's delegated one, and the request with which Carol would go on from there. */
async function delegate(world: ExchangeWorld) {
  const alice = world.token({
    iss: OWN,
    jti: `alice-${Math.random()}`,
    may_act: { sub: 'bob', iss: USERS },
    sub_id: { format: 'iss_sub', iss: USERS, sub: 'alice' },
  });
  const bobFields = world.actorFields({ iss: USERS });
  const first = await world.exchange({ subject_token: alice, ...bobFields });
  const onward = {
    subject_token: issuedToken(first),
    resource: `${PRINTER}/x`,
    scope: 'read',
    ...world.actorFields({ sub: 'carol' }),
  };
  return { first: issuedClaims(first), onward, again: { subject_token: alice, ...bobFields } };
}

describe('revocation follows the lineage (section 6)', () => {
  const refuses = (fields: FormFields) => expectRefusal(world, fields, { reason: 'ancestor_revoked' });

  it('carries the lineage, root first, and one grant along the chain', async () => {
    const { first, onward } = await delegate(world);
    const second = issuedClaims(await world.exchange(onward));
    const [root, actor] = first['anc'] as string[];
    expect(second['anc']).toEqual([root, actor, identifierOf(first), expect.any(String)]);
    expect(second['authGrantId']).toBe(first['authGrantId']);
    expect(second['act']).toEqual({ sub: 'carol', act: { sub: 'bob' } });
    expect(second['sub_id']).toEqual({ format: 'iss_sub', iss: USERS, sub: 'alice' });
  });

  it.each<[string, (claims: Claims) => unknown]>([
    ['the token itself', identifierOf],
    ['its subject', (claims) => (claims['anc'] as string[])[0]],
    ['its actor', (claims) => (claims['anc'] as string[])[1]],
    ['the grant', (claims) => claims['authGrantId']],
  ])('X11 ancestor_revoked: after the revocation of %s', async (_name, idOf) => {
    const { first, onward } = await delegate(world);
    expect((await world.exchange(onward)).status).toBe(200);
    await world.revoke(idOf(first));
    await refuses(onward);
  });

  it('ancestor_revoked: an actor token that is revoked', async () => {
    const { onward } = await delegate(world);
    const actor = world.token({ sub: 'carol', jti: 'carols' });
    const fields = { ...onward, actor_token: actor };
    expect((await world.exchange(fields)).status).toBe(200);
    const anc = issuedClaims(await world.exchange(fields))['anc'] as string[];
    await world.revoke(anc.at(-1));
    await refuses(fields);
  });

  it('lineage_too_long: a token derived from too many others', async () => {
    const derivedFrom = (count: number) => ({
      subject_token: world.token({ iss: OWN, anc: Array.from({ length: count }, (_, at) => `a${at}`) }),
    });
    expect((await world.exchange(derivedFrom(63))).status).toBe(200);
    await expectRefusal(world, derivedFrom(64), { reason: 'lineage_too_long' });
  });

  it('never harms the ancestors of what is revoked', async () => {
    const { first, again } = await delegate(world);
    await world.revoke(identifierOf(first));
    expect((await world.exchange(again)).status).toBe(200);
  });

  it('refuses a revoked bearer token as caller too', async () => {
    const bearer = world.token({ iss: OWN, jti: 'bearer', client_id: 'gateway', scope: 'exchange' });
    const headers = { authorization: `Bearer ${bearer}` };
    expect((await world.exchange({}, headers)).status).toBe(200);
    await world.revoke(identifierOf({ iss: OWN, jti: 'bearer' }));
    expect(await world.exchange({}, headers)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });
});

const before = TEST_START + 10;
const cutOffs: [string, Revocation][] = [
  ['the subject', { kind: 'subject', identity: { iss: USERS, sub: 'alice' }, before, expiresAt }],
  ['the client', { kind: 'client', clientId: 'gateway', before, expiresAt }],
  ['an actor of the chain', { kind: 'actor', identity: { iss: USERS, sub: 'bob' }, before, expiresAt }],
];

/** What happens before an OPA permits. */
let onQuestion: (() => Promise<void>) | undefined;
const opa = await temporaryServer((_request, response) => {
  const result = [{ audience: IMAGES, scopes: ['read'], expirationSeconds: 60 }];
  void (onQuestion?.() ?? Promise.resolve()).then(() =>
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ result })),
  );
});

describe('cut-offs (section 6)', () => {
  it.each(cutOffs)(
    'ancestor_revoked: tokens issued before a cut-off of %s, and none issued after it',
    async (_name, cutOff) => {
      const world = await startExchangeWorld(rules);
      const { onward } = await delegate(world);
      await world.revocations.revoke([cutOff]);
      await expectRefusal(world, onward, { reason: 'ancestor_revoked' });
      world.clock.advance(20);
      const later = { iat: TEST_START + 20, exp: TEST_START + 600 };
      const laterFields = {
        ...world.actorFields(later),
        subject_token: world.token({ ...later, may_act: { sub: 'bob' } }),
      };
      expect((await world.exchange(laterFields)).status).toBe(200);
    },
  );
});

describe('a cut-off that comes while policies are asked', () => {
  it.each(cutOffs)('ancestor_revoked: of %s ends what they permit as well', async (_name, cutOff) => {
    const world: ExchangeWorld = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'opa',
      EXCHANGE_POLICY_OPA_URL: `${opa.origin}/v1/data/exchange/match`,
    });
    onQuestion = async () => {
      await world.revocations.revoke([cutOff]);
      world.clock.advance(20);
    };
    const answer = await world.exchange({
      subject_token: world.token({ may_act: { sub: 'bob' } }),
      ...world.actorFields(),
    });
    onQuestion = undefined;
    expect(answer).toMatchObject({ status: 200, body: { expires_in: 41 } });
    await expectRefusal(world, { subject_token: issuedToken(answer) }, { reason: 'ancestor_revoked' });
  });
});

describe('expires_in', () => {
  it('is the lifetime that was granted, also where a second begins meanwhile', async () => {
    const world: ExchangeWorld = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'opa',
      EXCHANGE_POLICY_OPA_URL: `${opa.origin}/v1/data/exchange/match`,
    });
    onQuestion = () => {
      world.clock.advance(1);
      return Promise.resolve();
    };
    const answer = await world.exchange({
      subject_token: world.token({ may_act: { sub: 'bob' } }),
      ...world.actorFields(),
    });
    onQuestion = undefined;
    expect(answer).toMatchObject({ status: 200, body: { expires_in: 60 } });
  });
});

describe('a cut-off of an actor', () => {
  it('ancestor_revoked: ends what the actor had to act with as well', async () => {
    const world = await startExchangeWorld(rules);
    const cutOff = { kind: 'actor', identity: { iss: USERS, sub: 'bob' }, before: TEST_START + 10, expiresAt } as const;
    await world.revocations.revoke([cutOff]);
    world.clock.advance(20);
    const subject = world.token({ iat: TEST_START + 20, may_act: { sub: 'bob' } });
    await expectRefusal(world, { subject_token: subject, ...world.actorFields() }, { reason: 'ancestor_revoked' });
    const laterFields = world.actorFields({ iat: TEST_START + 20 });
    expect((await world.exchange({ subject_token: subject, ...laterFields })).status).toBe(200);
  });
});

describe('a revocation store that cannot tell', () => {
  it('TX-70 is 503 with Retry-After, never a verdict, and an explanation that says so', async () => {
    const broken = () => Promise.reject(new UpstreamError('redis', 'timeout'));
    const world = await startExchangeWorld([imagesRule], {}, { revocations: { revoke: broken, isAnyRevoked: broken } });
    const answer = await world.exchange({ resource: `${IMAGES}/x` });
    expect(answer).toMatchObject(UNAVAILABLE);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answer.body).not.toHaveProperty('access_token');
    const { body } = await world.explain();
    expect(body).toMatchObject({ verdict: 'error', reason: 'dependency_failed', needs: ['redis to answer'] });
  });
});
