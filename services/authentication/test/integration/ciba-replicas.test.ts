import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisProcess, redisProgram, startRedisProcess, until } from '@mandate/testing';
import { type CibaWorld, startCibaWorld } from '../http/ciba-world.js';

const program = await redisProgram(process.env);
const systemClock = () => Math.floor(Date.now() / 1000);

/** Two replicas over one real Redis, by the time of day; each has its own key, as nothing here needs another's. */
(program === undefined ? describe.skip : describe)('asking people in a real Redis', () => {
  let redis: RedisProcess;
  let here: CibaWorld;
  let there: CibaWorld;
  const start = (members: Record<string, string> = {}) => {
    const clock = Object.assign(systemClock, { advance: () => undefined });
    const env = {
      CIBA_MAX_OPEN_REQUESTS: '3',
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      REDIS_TIMEOUT_MS: '5000',
      CALLER_AUDIENCE_CHECK: 'off',
      ...members,
    };
    return startCibaWorld(env, { clock });
  };

  beforeAll(async () => {
    redis = await startRedisProcess(program ?? '');
    here = await start();
    there = await start();
  });
  afterAll(async () => {
    await here.stop();
    await there.stop();
    await redis.stop();
  });

  /** The person of the last question that `here` asked answers at `there`. */
  const answerThere = async (approve = true) => {
    const { request, sub } = here.lastQuestion();
    return there.decide({ request, sub, approve });
  };

  const refresh = (replica: CibaWorld, token: unknown) =>
    replica.post({ grant_type: 'refresh_token', refresh_token: String(token) }, { basic: 'keeper:secret' });

  it('P6 one replica is asked, another is told the answer, either gives the tokens, once', async () => {
    const authReqId = await here.startRequest({ login_hint: 'alice' }, 'keeper');
    expect((await there.poll(authReqId, 'keeper')).body['error']).toBe('authorization_pending');
    expect((await answerThere()).status).toBe(200);
    const replicas = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? here : there));
    const answers = await Promise.all(replicas.map((replica) => replica.poll(authReqId, 'keeper')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const first = answers.find(({ status }) => status === 200)?.body['refresh_token'];
    const second = await refresh(there, first);
    expect(second.status).toBe(200);
    expect((await refresh(here, first)).body['error']).toBe('invalid_grant');
    expect((await refresh(there, second.body['refresh_token'])).body['error']).toBe('invalid_grant');
  });

  it('P2 a no that one was told keeps its place at both', async () => {
    const ask = async (replica: CibaWorld) => {
      const { status, headers } = await replica.ask({ login_hint: 'nora', requested_expiry: '30' });
      if (status === 200) await replica.answer(false);
      return status === 200 ? 'asked' : Number(headers.get('retry-after')) > 500;
    };
    expect([await ask(here), await ask(there), await ask(here), await ask(there)]).toEqual([
      'asked',
      'asked',
      true,
      true,
    ]);
  });

  it('P2 both count whomever a client asks', async () => {
    const limited = { CIBA_RATE_CLIENT: '3/6000' };
    const replicas = [await start(limited), await start(limited)];
    try {
      const outcomes = ['ann', 'ben', 'cid', 'dan'].map(async (login_hint, index) => {
        return (await replicas[index % 2]?.ask({ login_hint, client_notification_token: 'token' }, 'pinged'))?.status;
      });
      expect((await Promise.all(outcomes)).toSorted()).toEqual([200, 200, 200, 429]);
    } finally {
      for (const replica of replicas) await replica.stop();
    }
  });

  it('P2 both count the requests that wait for a person', async () => {
    const ask = async (replica: CibaWorld, client = 'desk') =>
      (await replica.ask({ login_hint: 'carol' }, client)).status;
    expect([await ask(here), await ask(there), await ask(here), await ask(there)]).toEqual([200, 200, 429, 429]);
    expect([await ask(there, 'desk2'), await ask(here, 'desk2')]).toEqual([200, 429]);
  });

  it('S4 nobody is asked for more than can be kept, and so be answered', async () => {
    const before = here.questions.length;
    const place = `https://images.example.com/${'"'.repeat(2000)}`;
    const resources = Array.from({ length: 31 }, (_, index) => `&resource=${place}${index}`).join('');
    const form = `scope=openid&login_hint=kim${resources}`;
    const answer = await here.post(form, { path: '/service/bc-authorize', basic: 'desk:secret' });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    expect(here.questions).toHaveLength(before);
  });

  it('S2 a refresh token that was replaced, but too few replicas of Redis have it, is no copy when it is used again', async () => {
    const authReqId = await here.startRequest({ login_hint: 'frank' }, 'keeper');
    await answerThere();
    const { refresh_token: token } = (await here.poll(authReqId, 'keeper')).body;
    const unsure = await start({ REDIS_WAIT_REPLICAS: '1' });
    try {
      expect((await refresh(unsure, token)).status).toBe(503);
    } finally {
      await unsure.stop();
    }
    const { status, body } = await refresh(here, token);
    expect(status).toBe(200);
    expect((await refresh(there, body['refresh_token'])).status).toBe(200);
  });

  it('S2 a yes that was fetched, but too few replicas of Redis have that, is fetched again', async () => {
    const authReqId = await here.startRequest({ login_hint: 'gina' }, 'keeper');
    await answerThere();
    const unsure = await start({ REDIS_WAIT_REPLICAS: '1' });
    try {
      expect((await unsure.poll(authReqId, 'keeper')).status).toBe(503);
    } finally {
      await unsure.stop();
    }
    const { status, body } = await here.poll(authReqId, 'keeper');
    expect(status).toBe(200);
    expect((await refresh(there, body['refresh_token'])).status).toBe(200);
    expect((await there.poll(authReqId, 'keeper')).body['error']).toBe('invalid_grant');
  });

  it('S1 while Redis is away every step is 503; when it is back, nothing is lost', async () => {
    const authReqId = await here.startRequest({ login_hint: 'dora' });
    const bearer = await there.tokenOf('app');
    const { request, sub } = here.lastQuestion();
    const decide = () => there.decide({ request, sub, approve: true }, bearer);
    await redis.pause();
    try {
      const away = await Promise.all([here.ask({ login_hint: 'erin' }), decide(), here.poll(authReqId)]);
      expect(away.map(({ status }) => status)).toEqual([503, 503, 503]);
    } finally {
      await redis.resume();
    }
    await until(async () => (await here.poll(authReqId)).status === 400);
    // Either was counted before, or is now; the other replica may have its connection again a little later.
    await until(async () => [200, 409].includes((await decide()).status));
    await until(async () => (await there.poll(authReqId)).status === 200);
  });
});
