import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenamRequest } from '@mandate/testing';
import { decide, failureOf, openamBackend, openStandIn, type OpenamWorld } from './openam-world.js';

describe('the service login at AM', () => {
  let world: OpenamWorld;
  beforeEach(async () => {
    world = await openStandIn();
  });
  afterEach(() => world.close());

  const logins = (): OpenamRequest[] => world.am.requests.filter(({ path }) => path.endsWith('/authenticate'));
  const evaluations = (): OpenamRequest[] => world.am.requests.filter(({ action }) => action === 'evaluate');

  it('PB-35 one login for 100 questions at once, and none for the next 100', async () => {
    const backend = openamBackend(world.am.url);
    for (const round of [1, 2]) {
      const decisions = await Promise.all(Array.from({ length: 100 }, () => decide(backend, ['claims'])));
      expect(decisions.every(({ outcome }) => outcome === 'permit')).toBe(true);
      expect([logins().length, evaluations().length]).toEqual([1, round * 100]);
    }
  });

  it('PB-35 a session that AM has ended is replaced once, for all who had it', async () => {
    const backend = openamBackend(world.am.url);
    await decide(backend, ['claims']);
    world.am.endAllSessions();
    const decisions = await Promise.all(Array.from({ length: 100 }, () => decide(backend, ['claims'])));
    expect(decisions.every(({ outcome }) => outcome === 'permit')).toBe(true);
    expect(logins()).toHaveLength(2);
  });

  it('PB-35 logs in again once, then fails', async () => {
    const backend = openamBackend(world.am.url);
    world.am.answer('evaluate', (_request, response) => response.writeHead(401).end('{"code":401}'));
    expect(await failureOf(decide(backend, ['claims']))).toBe('refused: 401');
    expect([logins().length, evaluations().length]).toEqual([2, 2]);
  });

  it('200 without a tokenId is a failed login', async () => {
    world.am.answer('authenticate', (_request, response) => response.end('{"authId":"x","callbacks":[]}'));
    expect(await failureOf(decide(openamBackend(world.am.url), ['claims']))).toBe('refused: login');
    expect(evaluations()).toHaveLength(0);
  });

  it('tries refused credentials again only after half a minute: AM locks accounts', async () => {
    const account = { username: 'policy', password: 'wrong' };
    const backend = openamBackend(world.am.url, { account, clock: world.clock });
    for (let tries = 0; tries < 3; tries++) {
      expect(await failureOf(decide(backend, ['claims']))).toBe('refused: login');
    }
    expect(logins()).toHaveLength(1);
    world.clock.advance(31);
    expect(await failureOf(decide(backend, ['claims']))).toBe('refused: login');
    expect(logins()).toHaveLength(2);
    // A clock that is set back by an hour is not waited for.
    world.clock.advance(-3600);
    expect(await failureOf(decide(backend, ['claims']))).toBe('refused: login');
    expect(logins()).toHaveLength(3);
  });

  it('a login that could not be tried is tried by the next question', async () => {
    const backend = openamBackend(world.am.url);
    world.am.answer('authenticate', (_request, response) => response.writeHead(500).end());
    expect(await failureOf(decide(backend, ['claims']))).toBe('status: 500');
    world.am.answer('authenticate', undefined);
    expect(await decide(backend, ['claims'])).toMatchObject({ outcome: 'permit' });
  });

  it('refuses to act with a session of a realm beside that of the policies', async () => {
    world.am.answer('authenticate', (_request, response) => response.end('{"tokenId":"AQIC5x","realm":"/short"}'));
    expect(await failureOf(decide(openamBackend(world.am.url), ['claims']))).toMatch(/^refused: our session/);
    expect(evaluations()).toHaveLength(0);
  });

  it('sends an empty object, the versions, and the credentials in headers alone', async () => {
    const account = { username: 'umlaut', password: 'päss-wörd-€-1' };
    await openamBackend(world.am.url, { account }).check?.();
    expect(logins()[0]).toMatchObject({
      body: '{}',
      headers: {
        'accept-api-version': 'resource=2.0, protocol=1.0',
        'content-type': 'application/json',
        'x-openam-username': 'umlaut',
        'x-openam-password': `=?UTF-8?B?${Buffer.from('päss-wörd-€-1').toString('base64')}?=`,
      },
    });
  });
});
