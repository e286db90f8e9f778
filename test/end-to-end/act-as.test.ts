import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signTestToken } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { type Answer, basic, postForm } from './post-form.js';
import { SECRET, startStandalone, startTrio, TESTED_APP, USER_ISSUER, USER_KEY, USERS, type World } from './worlds.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const inOneProcess = () => startStandalone({ ACT_AS_SUBJECT_ISSUER: USERS }, { issuers: [USER_ISSUER] });

/** The seed's tutorial: testers act as test users, through one client, and the client is not aware of it. */
describe.each([
  ['three services, over HTTP', () => startTrio()],
  ['one process, without a hop', inOneProcess],
])('testers act as test users, in %s', (_name, start) => {
  let world: World;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(() => world.stop());

  const askAuthentication = (client: string, form: Record<string, string>): Promise<Answer> =>
    postForm(
      `${world.authentication}/oauth2/token`,
      { grant_type: 'client_credentials', resource: TESTED_APP, ...form },
      basic(client, encodeURIComponent(SECRET)),
    );
  /** A person's own token of the application `bob`, which calls with it. */
  const personToken = (sub: string): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: USERS, sub, aud: 'bob', client_id: 'bob', scope: 'read', iat: now, exp: now + 300, jti: sub };
    return signTestToken(USER_KEY, claims);
  };
  const assert = (sub: string, form: Record<string, string>): Promise<Answer> =>
    postForm(
      `${world.tokenExchange}/oauth2/token`,
      { grant_type: JWT_BEARER, assertion: personToken(sub), resource: TESTED_APP, ...form },
      basic('bob', encodeURIComponent(SECRET)),
    );
  const claimsOf = ({ body }: Answer) => decodeJwt(String(body['access_token']));

  it('by client credentials: the party is the client itself', async () => {
    const answer = await askAuthentication('tester', { scope: 'act_as:test1 read' });
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: 'read' } });
    expect(claimsOf(answer)).toMatchObject({
      sub: 'test1',
      sub_id: { format: 'iss_sub', iss: USERS, sub: 'test1' },
      act: { sub: 'tester' },
      aud: TESTED_APP,
      client_id: 'tester',
      scope: 'read',
    });
    const claims = JSON.stringify({ access_token: { act_as: { value: 'test2' } } });
    expect(claimsOf(await askAuthentication('tester', { claims }))).toMatchObject({ sub: 'test2' });
  });

  it('by assertion: the party is a person', async () => {
    const answer = await assert('tester', { scope: 'act_as:test1 read' });
    expect(answer.status).toBe(200);
    expect(claimsOf(answer)).toMatchObject({ sub: 'test1', act: { sub: 'tester' }, client_id: 'bob' });
  });

  it('and what comes of it is active until it is revoked', async () => {
    const token = String((await askAuthentication('tester', { scope: 'act_as:test1' })).body['access_token']);
    const ask = (path: string) =>
      postForm(`${world.tokenValidation}${path}`, { token }, basic('bob', encodeURIComponent(SECRET)));
    expect((await ask('/oauth2/introspect')).body).toMatchObject({
      active: true,
      sub: 'test1',
      act: { sub: 'tester' },
    });
  });

  it.each([
    ['to anybody else, by client credentials', () => askAuthentication('dave', { scope: 'act_as:test1' })],
    ['to anybody else, by assertion', () => assert('mallory', { scope: 'act_as:test1' })],
  ])('is refused %s, with a sentence that names neither', async (_who, ask) => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(answer.body['error_description']).toBe('The exchange is not allowed');
  });

  it('is refused as anybody else, as invalid_target', async () => {
    const answer = await askAuthentication('tester', { scope: 'act_as:alice' });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    expect(String(answer.body['error_description'])).not.toMatch(/alice|tester/);
  });

  it.each([
    ['invalid_request', { scope: 'act_as:' }],
    ['invalid_request', { scope: 'act_as:test1 act_as:test2' }],
    ['invalid_request', { claims: '{' }],
    ['invalid_scope', { scope: 'act_as:test1 admin' }],
    ['invalid_target', { scope: 'act_as:test1', resource: 'https://elsewhere.example.com' }],
  ])('hands %s on for %j', async (error, form) => {
    expect(await askAuthentication('tester', form)).toMatchObject({ status: 400, body: { error } });
  });

  it('leaves a request that names nobody as it is', async () => {
    const answer = await askAuthentication('tester', { scope: 'read', claims: '{"id_token":{}}' });
    expect(claimsOf(answer)).toMatchObject({ sub: 'tester', client_id: 'tester' });
    expect(claimsOf(answer)).not.toHaveProperty('act');
  });
});
