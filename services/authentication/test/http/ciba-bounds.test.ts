import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AGREED, type CibaWorld, startCibaWorld } from './ciba-world.js';
import { outcome } from './start-authentication.js';

let world: CibaWorld;
beforeAll(async () => {
  world = await startCibaWorld({ CIBA_MAX_OPEN_REQUESTS: '3' });
});
afterAll(() => world.stop());

const details = (...entries: unknown[]) => ({ authorization_details: JSON.stringify(entries) });

describe('nobody says yes to what cannot become tokens', () => {
  const places = (count: number) =>
    Array.from({ length: count }, (_, index) => `https://a.example/${index}`.padEnd(400, 'x'));
  const widest = { acr: 'x'.repeat(256), amr: Array.from({ length: 16 }, () => 'x'.repeat(100)) };

  it.each<[string, (count: number) => string, string]>([
    [
      'resources',
      (count) =>
        places(count)
          .map((place) => `&resource=${place}`)
          .join(''),
      'invalid_request',
    ],
    [
      'locations',
      (count) => `&${String(new URLSearchParams(details({ ...AGREED, locations: places(count) })))}`,
      'invalid_authorization_details',
    ],
  ])(
    'as many %s as there may be are asked for, and issued after a yes, or refused at once',
    async (name, formOf, error) => {
      const outcomes: unknown[] = [];
      for (let count = 1; count <= 31; count += 2) {
        // the longest name in a token that there may be
        const hint = `${name}${count}`.padEnd(256, '\u0001');
        const form = `scope=openid&login_hint=${encodeURIComponent(hint)}${formOf(count)}`;
        const before = world.questions.length;
        const answer = await world.post(form, { path: '/service/bc-authorize', basic: 'keeper:secret' });
        expect(world.questions.length - before).toBe(answer.status === 200 ? 1 : 0);
        if (answer.status === 200) {
          expect((await world.answer(true, widest)).status).toBe(200);
          expect((await world.poll(String(answer.body['auth_req_id']), 'keeper')).status).toBe(200);
        }
        outcomes.push(answer.body['error']);
      }
      expect(new Set(outcomes)).toEqual(new Set([undefined, error]));
    },
  );

  it('waits for no longer than what is agreed to lasts', async () => {
    const form = { login_hint: 'ending', requested_expiry: '60', ...details({ ...AGREED, until: world.clock() + 40 }) };
    expect((await world.ask(form)).body['expires_in']).toBe(40);
  });
});

describe('nobody is flooded', () => {
  const statuses = async (login_hint: string, ...clients: string[]) => {
    const answers: number[] = [];
    for (const client of clients) {
      answers.push((await world.ask({ login_hint, requested_expiry: '30' }, client)).status);
    }
    return answers;
  };

  it('P2 three requests may wait for a person; the fourth is 429 slow_down until one is granted or ten minutes ago', async () => {
    expect(await statuses('carol', 'desk', 'desk', 'desk2')).toEqual([200, 200, 200]);
    const { status, headers, body } = await world.ask({ login_hint: 'carol' }, 'desk2');
    expect([status, headers.get('retry-after'), body['error']]).toEqual([429, '600', 'slow_down']);
    await world.answer();
    expect(await statuses('carol', 'desk2', 'desk2')).toEqual([200, 429]);
    world.clock.advance(600);
    expect(await statuses('carol', 'desk')).toEqual([200]);
  });

  it.each([
    ['says no', () => world.answer(false)],
    [
      'says nothing until it expires',
      () => {
        world.clock.advance(30);
        return Promise.resolve();
      },
    ],
  ])('P2 whoever %s is not asked again and again, by one client nor by several', async (name, come) => {
    const ask = async (client: string) => {
      const answer = await world.ask({ login_hint: name, requested_expiry: '30' }, client);
      if (answer.status === 200) await come();
      return [answer.status, answer.headers.get('retry-after')];
    };
    const start = world.clock();
    const wait = () => String(start + 600 - world.clock());
    expect([await ask('desk'), await ask('desk')]).toEqual([
      [200, null],
      [200, null],
    ]);
    expect(await ask('desk')).toEqual([429, wait()]);
    expect(await ask('desk2')).toEqual([200, null]);
    expect([await ask('desk2'), await ask('keeper')]).toEqual([
      [429, wait()],
      [429, wait()],
    ]);
    world.clock.advance(Number(wait()) - 1);
    expect(await ask('desk')).toEqual([429, '1']);
    world.clock.advance(1);
    expect((await ask('desk'))[0]).toBe(200);
  });

  it('P2 whoever says yes may be asked again at once', async () => {
    for (let times = 0; times < 5; times++) {
      expect(await statuses('agreeable', 'desk')).toEqual([200]);
      expect((await world.answer()).status).toBe(200);
    }
  });

  it('P2 one client has at most half of the places, rounded up, and keeps nobody else from asking', async () => {
    const ask = async (client: string) => (await world.ask({ login_hint: 'frank' }, client)).status;
    expect([await ask('desk'), await ask('desk'), await ask('desk')]).toEqual([200, 200, 429]);
    expect([await ask('desk2'), await ask('desk2')]).toEqual([200, 429]);
  });

  it.each([
    ['case', 'grace', 'GRACE'],
    ['blanks', 'heidi', ' hei di'],
    ['width', 'ivan', 'ｉｖａｎ'],
    ['accents', 'jose', 'Jos\u00e9'],
  ])(
    'P2 a name that is spelled otherwise is counted as the same, as a directory may take it: %s',
    async (_name, one, other) => {
      const ask = async (login_hint: string) => (await world.ask({ login_hint })).status;
      expect([await ask(one), await ask(other), await ask(one), await ask(other)]).toEqual([200, 200, 429, 429]);
      expect(world.lastQuestion()['sub']).toBe(other);
    },
  );

  it('P2 one client does not ask everybody: so many in a time, whomever, known or not, and others go on', async () => {
    const limitedWorld = await startCibaWorld({ CIBA_RATE_CLIENT: '2/60' });
    const ask = async (login_hint: string, client = 'desk') => {
      const answer = await limitedWorld.ask({ login_hint }, client);
      return [...outcome(answer), answer.headers.get('retry-after')];
    };
    expect([await ask('ann'), await ask('ben')]).toEqual(Array(2).fill([200, undefined, null]));
    expect([await ask('cid'), await ask('ann')]).toEqual(Array(2).fill([429, 'slow_down', '30']));
    expect(limitedWorld.questions).toHaveLength(2);
    expect(await ask('cid', 'desk2')).toEqual([200, undefined, null]);
    limitedWorld.clock.advance(30);
    expect([await ask('cid'), await ask('dan')]).toEqual([
      [200, undefined, null],
      [429, 'slow_down', '30'],
    ]);
    await limitedWorld.stop();
  });

  it('C9 the requests of a client are limited as at the token endpoint, together with those there', async () => {
    const limitedWorld = await startCibaWorld({ RATE_LIMIT_CLIENT: '2/60000' });
    const authReqId = await limitedWorld.startRequest();
    expect((await limitedWorld.poll(authReqId)).body['error']).toBe('authorization_pending');
    expect(outcome(await limitedWorld.ask())).toEqual([429, 'temporarily_unavailable']);
    await limitedWorld.stop();
  });
});
