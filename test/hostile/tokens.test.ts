import { afterAll, describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { type HostileToken, hostileTokens } from './hostile-tokens.js';
import { type TokenWorld, startTokenWorld } from './token-world.js';

const INACTIVE = { status: 200, body: '{"active":false}' };
const REFUSED = { status: 400, body: 'invalid_request' };
const UNAUTHENTICATED = { status: 401, body: 'invalid_token' };
/** What a Bearer credential may look like (RFC 6750 section 2.1), as long as headers may be. */
const TOKEN68 = /^[\w.~+/-]{1,14000}=*$/;

const world: TokenWorld = await startTokenWorld();
const tokens: HostileToken[] = hostileTokens(world);
const knownIssuers = Object.entries(world.issuers);
afterAll(() => world.close());

describe('good tokens, which the hostile ones are made of', () => {
  it.each(knownIssuers)('of the issuer %s are accepted wherever a token can be shown', async (_name, issuer) => {
    const token = world.token(issuer);
    expect((await world.introspect(token)).body).toContain('"active":true');
    expect((await world.exchange({ subject_token: token })).status).toBe(200);
    const alice = world.token(world.issuers.ec, { sub: 'alice' });
    expect((await world.exchange({ subject_token: alice, actor_token: token })).status).toBe(200);
    expect((await world.asBearer(token)).status).toBe(200);
  });

  it.each([['nbf'], ['iat']])('T13 pass with %s 8 and 30 seconds ahead, as another clock may be', async (name) => {
    for (const seconds of [8, 30]) {
      const ahead = world.token(world.issuers.ec, { [name]: TEST_START + seconds });
      expect((await world.introspect(ahead)).body).toContain('"active":true');
    }
  });

  it.each(['nbf', 'iat', 'jti', 'nonce'])(
    'T13 T19 pass with an optional %s of null: it counts as absent',
    async (name) => {
      const token = world.token(world.issuers.ec, { [name]: null });
      expect((await world.introspect(token)).body).toContain('"active":true');
      expect((await world.introspect(token)).body).not.toContain('null');
      expect((await world.exchange({ subject_token: token })).status).toBe(200);
      expect((await world.asBearer(token)).status).toBe(200);
    },
  );

  it('T19 with null for a claim that a use needs are refused for that use, as without it', async () => {
    const { ec } = world.issuers;
    expect(await world.exchange({ subject_token: world.token(ec, { sub: null }) })).toEqual(REFUSED);
    expect((await world.asBearer(world.token(ec, { scope: null }))).status).toBe(403);
    const namelessToken = world.token(ec, { client_id: null, sub: 'nobody' });
    expect(await world.asBearer(namelessToken)).toEqual(UNAUTHENTICATED);
  });

  it('T18 T20 are big as 8 KiB, or bound to a key: introspection says so, the exchange wants its proof', async () => {
    const big = world.token(world.issuers.ec, { pad: 'x'.repeat(6000) });
    expect((await world.introspect(big)).body).toContain('"active":true');
    for (const cnf of [{ jkt: 'x' }, { 'x5t#S256': 'x' }, { jwk: {} }, {}]) {
      const bound = world.token(world.issuers.ec, { cnf });
      expect((await world.introspect(bound)).body).toContain(JSON.stringify(cnf));
      expect(await world.exchange({ subject_token: bound })).toEqual(REFUSED);
      const alice = world.token(world.issuers.ec, { sub: 'alice' });
      expect(await world.exchange({ subject_token: alice, actor_token: bound })).toEqual(REFUSED);
      expect(await world.asBearer(bound)).toEqual(UNAUTHENTICATED);
    }
  });
});

const rows = [
  'T1 no algorithm',
  'T2 public keys as secrets',
  'T3 ECDSA signatures',
  'T4 RSA signatures',
  'T5 keys in the header',
  'T6 key ids',
  'T7 critical headers',
  'T8 duplicate members',
  'T9 other base64url',
  'T10 other serializations',
  'T11 other encodings of text',
  'T12 expiry',
  'T13 times ahead',
  'T14 audiences',
  'T15 keys of another issuer',
  'T16 unknown issuers',
  'T17 other kinds of token',
  'T18 confirmation of no kind',
  'T19 claims of another type',
  'T20 size and depth',
];

describe.each(rows)('hostile tokens: %s', (row) => {
  const id = row.slice(0, row.indexOf(' ') + 1);
  it.each(tokens.filter(([name]) => name.startsWith(id)))('%s', async (_name, token) => {
    const alice = world.token(world.issuers.ec, { sub: 'alice' });
    const verdicts = await Promise.all([
      world.introspect(token),
      world.exchange({ subject_token: token }),
      world.exchange({ subject_token: alice, actor_token: token }),
      TOKEN68.test(token) ? world.asBearer(token) : UNAUTHENTICATED,
    ]);
    expect(verdicts).toEqual([INACTIVE, REFUSED, REFUSED, UNAUTHENTICATED]);
  });
});

describe('after all hostile tokens', () => {
  it('T5 T16 no request was made to anywhere', () => {
    expect(world.canary.requests()).toBe(0);
  });

  it('T20 what is beyond the size of a body is 413', async () => {
    for (const size of [70_000, 1_000_000, 10_000_000]) {
      expect((await world.introspect('x'.repeat(size))).status).toBe(413);
      expect((await world.exchange({ subject_token: 'x'.repeat(size) })).status).toBe(413);
    }
  });

  it('the prototypes are as they were', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });
});
