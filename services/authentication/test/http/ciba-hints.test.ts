import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_START, createTestKey, signTestToken, testDirectory, until } from '@mandate/testing';
import { type CibaWorld, startCibaWorld } from './ciba-world.js';
import { ISSUER, outcome } from './start-authentication.js';

const USERS = 'https://users.example.com';
const STRANGERS = 'https://strangers.example.com';
const directory = testDirectory();
const file = (name: string, content: unknown): string => {
  writeFileSync(join(directory, name), JSON.stringify(content));
  return join(directory, name);
};
const [usersKey, strangersKey] = [createTestKey('ES256'), createTestKey('ES256')];
const people = (...records: [string, ...string[]][]) => ({
  people: records.map(([sub, ...loginHints]) => ({ sub, loginHints })),
});

let world: CibaWorld;
beforeAll(async () => {
  world = await startCibaWorld({
    CIBA_MAX_OPEN_REQUESTS: '3',
    RELOAD_INTERVAL_SECONDS: '1',
    CIBA_PEOPLE_FILE: file(
      'people.json',
      people(['alice', 'alice@example.com', '+41 79 000 00 00'], ['bert', 'bert@example.com']),
    ),
    TRUSTED_ISSUERS_FILE: file('issuers.json', [
      { issuer: USERS, jwks: { keys: [usersKey.publicJwk] }, mayAssertUsers: true },
      { issuer: STRANGERS, jwks: { keys: [strangersKey.publicJwk] } },
    ]),
  });
});
afterAll(() => world.stop());

const ask = async (form: Record<string, string>) => outcome(await world.ask(form));
const token = (claims: object = {}, key = usersKey) => {
  const times = { iat: TEST_START, exp: TEST_START + 300, jti: randomUUID() };
  return signTestToken(key, { iss: USERS, sub: 'dora', aud: ISSUER, ...times, ...claims }, { typ: 'JWT' });
};
const idToken = (claims: object = {}, key = usersKey) => token({ aud: 'desk', nonce: 'n', ...claims }, key);

const ACCEPTED = [200, undefined];
const REFUSED = [400, 'invalid_request'];

describe('a login hint', () => {
  it('names the person that the people file says', async () => {
    expect(await ask({ login_hint: 'alice@example.com' })).toEqual(ACCEPTED);
    expect(world.lastQuestion()['sub']).toBe('alice');
    expect(await ask({ login_hint: '+41 79 000 00 00' })).toEqual(ACCEPTED);
    expect(world.lastQuestion()['sub']).toBe('alice');
    await world.answer();
  });

  it('P1 of nobody we know answers the same, asks nobody, and expires as one that nobody answers', async () => {
    const knownPerson = await world.ask({ login_hint: 'alice@example.com' });
    const unknownPerson = await world.ask({ login_hint: 'nobody@example.com' });
    const shape = ({ status, headers, body }: typeof knownPerson) => ({
      status,
      headers: [...headers.keys()].sort(),
      body: { ...body, auth_req_id: String(body['auth_req_id']).length },
    });
    expect(shape(unknownPerson)).toEqual(shape(knownPerson));
    expect(world.lastQuestion()).not.toHaveProperty('sub');
    const { request } = world.lastQuestion();
    for (const sub of ['nobody@example.com', 'hint:nobody@example.com', 'undefined', 'alice']) {
      expect(outcome(await world.decide({ request, sub, approve: true }))).toEqual([403, 'access_denied']);
    }
    const id = String(unknownPerson.body['auth_req_id']);
    expect((await world.poll(id)).body['error']).toBe('authorization_pending');
    expect((await world.poll(id)).body['error']).toBe('slow_down');
    world.clock.advance(121);
    expect((await world.poll(id)).body['error']).toBe('expired_token');
    expect((await world.poll(String(knownPerson.body['auth_req_id']))).body['error']).toBe('expired_token');
  });

  it('P1 of nobody we know is limited as any, and does not use up what somebody of that name may be asked', async () => {
    for (let times = 0; times < 2; times++) expect(await ask({ login_hint: 'bert' })).toEqual(ACCEPTED);
    expect(await ask({ login_hint: 'bert' })).toEqual([429, 'slow_down']);
    expect(await ask({ login_hint: 'bert@example.com' })).toEqual(ACCEPTED);
    expect(world.lastQuestion()['sub']).toBe('bert');
  });

  it('P1 of nobody we know is 503 as well while the webhook is down', async () => {
    world.answerWith(500);
    expect(await ask({ login_hint: 'x@example.com' })).toEqual([503, 'temporarily_unavailable']);
    expect(await ask({ login_hint: 'bert@example.com' })).toEqual([503, 'temporarily_unavailable']);
    world.answerWith(202);
  });

  it('is looked for in the file that is there now', async () => {
    file('people.json', people(['alice', 'alice@example.com'], ['erin', 'erin@example.com']));
    await until(async () => {
      await world.ask({ login_hint: `erin@example.com` });
      return world.lastQuestion()['sub'] === 'erin';
    });
  });
});

describe('a login hint token', () => {
  it('names a person by an issuer that may assert users', async () => {
    expect(await ask({ login_hint_token: token() })).toEqual(ACCEPTED);
    expect(world.lastQuestion()['sub']).toBe('dora');
  });

  it('CIBA 13 expired_login_hint_token', async () => {
    const expiredToken = token({ exp: TEST_START - 1, iat: TEST_START - 60 });
    expect(await ask({ login_hint_token: expiredToken })).toEqual([400, 'expired_login_hint_token']);
  });

  it.each([
    ['of an issuer that nobody trusts', { iss: 'https://evil.example.com' }, usersKey],
    ['of an issuer that may not assert users', { iss: STRANGERS }, strangersKey],
    ['signed by another issuer', {}, strangersKey],
    ['for somebody else', { aud: 'https://other.example.com' }, usersKey],
    ['about nobody', { sub: undefined }, usersKey],
    ['without an end', { exp: undefined }, usersKey],
  ])('is refused %s', async (_name, claims, key) => {
    expect(await ask({ login_hint_token: token(claims, key) })).toEqual(REFUSED);
  });

  it('is refused when it is no token', async () => {
    expect(await ask({ login_hint_token: 'alice' })).toEqual(REFUSED);
  });
});

describe('a hint of whatever kind', () => {
  const longest = 'x'.repeat(256);
  it.each<[string, (sub: string) => Record<string, string>]>([
    ['login_hint_token', (sub) => ({ login_hint_token: token({ sub }) })],
    ['id_token_hint', (sub) => ({ id_token_hint: idToken({ sub }) })],
  ])('S4 names nobody by more than can be answered for: %s', async (_name, hintOf) => {
    expect(await ask(hintOf(longest))).toEqual(ACCEPTED);
    await world.answer();
    expect(await ask(hintOf(`${longest}x`))).toEqual(REFUSED);
  });
});

describe('an ID token hint', () => {
  it('names whose it is, of an issuer that may assert users, also when it has expired', async () => {
    expect(await ask({ id_token_hint: idToken() })).toEqual(ACCEPTED);
    expect(world.lastQuestion()['sub']).toBe('dora');
    const sub = 'fred';
    expect(await ask({ id_token_hint: idToken({ sub, exp: TEST_START - 1, iat: TEST_START - 90_000 }) })).toEqual(
      ACCEPTED,
    );
    expect(world.lastQuestion()['sub']).toBe('fred');
  });

  it('may be the one that we issued to this client', async () => {
    const body = await world.tokens({ login_hint_token: token({ sub: 'gina' }) });
    const hint = { id_token_hint: String(body['id_token']) };
    expect(await ask(hint)).toEqual(ACCEPTED);
    expect(world.lastQuestion()['sub']).toBe('gina');
    expect(outcome(await world.ask(hint, 'desk2'))).toEqual(REFUSED);
    expect(await ask({ id_token_hint: String(body['access_token']) })).toEqual(REFUSED);
  });

  it.each([
    ['of another client', { aud: 'desk2' }, usersKey],
    ['of an issuer that may not assert users', { iss: STRANGERS }, strangersKey],
    ['that says that it is ours', { iss: ISSUER }, usersKey],
    ['that is an access token', { client_id: 'desk', scope: 'openid' }, usersKey],
  ])('is refused %s', async (_name, claims, key) => {
    expect(await ask({ id_token_hint: idToken(claims, key) })).toEqual(REFUSED);
  });
});
