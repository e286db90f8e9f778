import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START, createTestKey, signTestToken, testDirectory } from '@mandate/testing';
import { type CibaWorld, startCibaWorld } from './ciba-world.js';
import { ISSUER, outcome } from './start-authentication.js';

const USERS = 'https://users.example.com';
const usersKey = createTestKey('ES256');

let world: CibaWorld;
beforeAll(async () => {
  const issuers = join(testDirectory(), 'issuers.json');
  writeFileSync(
    issuers,
    JSON.stringify([{ issuer: USERS, jwks: { keys: [usersKey.publicJwk] }, mayAssertUsers: true }]),
  );
  world = await startCibaWorld({ TRUSTED_ISSUERS_FILE: issuers });
});
afterAll(() => world.stop());

const token = (claims: object) => {
  const times = { iat: TEST_START, exp: TEST_START + 300, jti: randomUUID() };
  const identity = { iss: USERS, client_id: 'app', aud: ISSUER };
  return signTestToken(usersKey, { ...identity, ...times, ...claims }, { typ: 'at+jwt' });
};

describe('a client of an issuer of users', () => {
  const delegations = async (path: string, bearer: string, method = 'GET') => {
    const headers = { authorization: `Bearer ${bearer}` };
    return (await fetch(`${world.publicUrl}/service/delegations${path}`, { method, headers })).status;
  };

  it('P3 does not answer for people: its scopes are what its issuer says', async () => {
    const authReqId = await world.startRequest();
    const { request } = world.lastQuestion();
    const decision = { request, sub: 'alice', approve: true };
    for (const sub of ['app', 'dora']) {
      const foreign = token({ sub, scope: 'ciba-decide' });
      expect(outcome(await world.decide(decision, foreign))).toEqual([403, 'access_denied']);
    }
    expect(await world.pollOutcome(authReqId)).toBe('authorization_pending');
    expect(outcome(await world.decide(decision))).toEqual([200, undefined]);
  });

  it('P10 neither sees nor ends the delegations of others, and its person sees their own', async () => {
    const foreign = token({ sub: 'app', scope: 'delegations' });
    expect(await delegations('?subject=alice', foreign)).toBe(403);
    expect(await delegations('/x', foreign)).toBe(403);
    expect(await delegations('/x', foreign, 'DELETE')).toBe(403);
    expect(await delegations('', token({ sub: 'dora', scope: 'delegations:own' }))).toBe(200);
  });
});
