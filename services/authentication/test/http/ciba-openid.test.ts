import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import {
  type DeviceUnderContract,
  createTestKey,
  describeAuthenticationDeviceContract,
  fixedClock,
  signTestToken,
  startOpenamCibaStandIn,
  until,
} from '@mandate/testing';
import { createHttpClient, createLogger } from '@mandate/service-kit';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { createOpenidDevice } from '../../src/backchannel/devices/openid-device.js';
import { type OpenidProviderOptions, createOpenidProvider } from '../../src/backchannel/devices/openid-provider.js';
import { type CibaWorld, startCibaWorld } from './ciba-world.js';
import { type ProviderStandIn, startProvider } from './openid-provider-stand-in.js';

interface ProviderUnderTest {
  issuer: string;
  /** Whom it was asked to ask, by its login hints. */
  hints: () => unknown[];
  fail: () => void;
  close: () => Promise<void>;
  /** What of us it demands. */
  demands?: Pick<OpenidProviderOptions, 'authentication' | 'requestSigning'> & { defaultAcrValues: string };
}

/** The device over such a provider, and what of it a person would see. */
async function deviceOver(start: (clock: () => number) => Promise<ProviderUnderTest>): Promise<DeviceUnderContract> {
  const clock = fixedClock();
  const { issuer, hints, fail, close, demands } = await start(clock);
  const stopping = new AbortController();
  const device = createOpenidDevice({
    provider: createOpenidProvider({
      http: createHttpClient({ timeoutMs: 20_000 }),
      issuer,
      authentication: () => Promise.resolve({}),
      timeoutMs: 20_000,
      ...demands,
    }),
    verifier: { verify: () => Promise.resolve({ ok: false, reason: 'malformed' }) },
    subjectClaim: 'sub',
    defaultAcrValues: demands?.defaultAcrValues,
    decide: () => Promise.resolve(),
    clock,
    logger: createLogger({ level: 'silent', service: 'test' }),
    stopSignal: stopping.signal,
  });
  const names = new Map<unknown, string>();
  return {
    device: {
      ask(question, context) {
        if (question.sub !== undefined) names.set(question.sub, question.request);
        return device.ask(question, context);
      },
    },
    reached: () =>
      Promise.resolve(
        hints().flatMap((sub) => {
          const request = names.get(sub);
          return request === undefined ? [] : [{ sub: String(sub), request }];
        }),
      ),
    fail,
    close: async () => {
      stopping.abort();
      await close();
    },
  };
}

describeAuthenticationDeviceContract('openid', () =>
  deviceOver(async (clock) => {
    const provider = await startProvider(clock);
    const hints = () => provider.requests.map(({ login_hint: hint }) => hint);
    return { ...provider, hints, fail: () => provider.failWith(500) };
  }),
);

describeAuthenticationDeviceContract('openid, with an AM', () =>
  deviceOver(async (clock) => {
    const key = createTestKey('ES256');
    const client = { clientId: 'mandate', clientSecret: 'pw' };
    const am = await startOpenamCibaStandIn({ clock, ...client, clientKeys: () => [key.publicJwk] });
    const hints = () => am.requests.map((claims) => claims['login_hint']);
    const times = { iss: 'mandate', aud: am.issuer, exp: clock() + 60 };
    const demands = {
      authentication: () => Promise.resolve({ headers: { Authorization: `Basic ${btoa('mandate:pw')}` } }),
      requestSigning: {
        clientId: 'mandate',
        sign: (claims: object) => Promise.resolve(signTestToken(key, { ...claims, ...times }, { typ: 'JWT' })),
      },
      defaultAcrValues: 'push',
    };
    return { ...am, hints, demands };
  }),
);

it('logs the first of the failures for which a request is polled on', async () => {
  const lines: string[] = [];
  const stopping = new AbortController();
  const clock = fixedClock();
  let polls = 0;
  const device = createOpenidDevice({
    provider: {
      ask: () => Promise.resolve({ authReqId: 'their-name-of-it', interval: 0 }),
      poll: () => Promise.reject(new UpstreamError('device:openid', 'status', `status 401 of poll ${++polls}`)),
    },
    verifier: { verify: () => Promise.resolve({ ok: false, reason: 'malformed' }) },
    subjectClaim: 'sub',
    decide: () => Promise.resolve(),
    clock,
    logger: createLogger({ level: 'warn', service: 'test', destination: { write: (line) => void lines.push(line) } }),
    stopSignal: stopping.signal,
  });
  const asking = { request: 'ours', clientId: 'desk', sub: 'alice', expiresAt: clock() + 60 };
  const context = { transactionId: 'of-this-request', traceparent: undefined };
  await device.ask({ ...asking, scopes: [], resources: [], acrValues: [] }, context);
  await until(() => polls === 2);
  await setImmediate();
  stopping.abort();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', failure: 'status', detail: 'status 401 of poll 1', transactionId: 'of-this-request' },
  ]);
  expect(lines.join('')).not.toContain('their-name-of-it');
});

describe('CIBA_CHANNEL=openid', () => {
  let provider: ProviderStandIn;
  let world: CibaWorld;
  const clock = fixedClock();
  const start = async (env: Record<string, string> = {}) => {
    const settings = { CIBA_OPENID_ISSUER: provider.issuer, CIBA_OPENID_CLIENT_ID: 'mandate', ...env };
    world = await startCibaWorld({ CIBA_CHANNEL: 'openid', CIBA_WEBHOOK_URL: '', ...settings }, { clock });
  };
  beforeEach(async () => {
    provider = await startProvider(clock);
  });
  afterEach(async () => {
    await world.stop();
    await provider.close();
  });

  it('asks the provider, and gives the tokens when its ID token says that this person agreed', async () => {
    await start({ CIBA_OPENID_CLIENT_SECRET: 'a secret of 100% + more' });
    const authReqId = await world.startRequest({ binding_message: 'W-4711', acr_values: 'high' });
    const authorization = `Basic ${btoa('mandate:a+secret+of+100%25+%2B+more')}`;
    const question = { scope: 'openid', login_hint: 'alice', binding_message: 'W-4711', acr_values: 'high' };
    expect(provider.requests).toEqual([{ ...question, requested_expiry: '120', authorization }]);
    provider.answer({ acr: 'high', amr: ['face'], auth_time: clock() - 5 });
    await until(() => world.hasLogged('"event":"person_answered"'));
    const { status, body } = await world.poll(authReqId);
    expect(status).toBe(200);
    const keys = createLocalJWKSet({ keys: [world.key.publicJwk] });
    const { payload } = await jwtVerify(String(body['id_token']), keys, { currentDate: new Date(clock() * 1000) });
    expect(payload).toMatchObject({ sub: 'alice', acr: 'high', amr: ['face'], auth_time: clock() - 5 });
  });

  it('proves itself by a key without a secret', async () => {
    await start();
    await world.ask();
    const [{ client_assertion: assertion = '' } = {}] = provider.requests;
    const keys = createLocalJWKSet({ keys: [world.key.publicJwk] });
    const expected = { issuer: 'mandate', subject: 'mandate', audience: provider.issuer };
    await jwtVerify(assertion, keys, { ...expected, currentDate: new Date(clock() * 1000) });
  });

  it('asks by a signed request where the provider demands that, as AM does', async () => {
    await start({ CIBA_OPENID_CLIENT_SECRET: 'secret', CIBA_OPENID_REQUEST: 'signed' });
    const authReqId = await world.startRequest({ binding_message: 'W-4711' });
    const [{ request = '', ...beside } = {}] = provider.requests;
    expect(beside).toEqual({ client_id: 'mandate', authorization: expect.any(String) });
    const keys = createLocalJWKSet({ keys: [world.key.publicJwk] });
    const expected = { issuer: 'mandate', audience: provider.issuer };
    const { payload } = await jwtVerify(request, keys, { ...expected, currentDate: new Date(clock() * 1000) });
    expect(payload).toMatchObject({ scope: 'openid', login_hint: 'alice', binding_message: 'W-4711', nbf: clock() });
    expect(payload).toMatchObject({ requested_expiry: '120', exp: clock() + 60, jti: expect.any(String) });
    provider.answer({});
    await until(async () => (await world.pollOutcome(authReqId)) === 'tokens');
  });

  it('denies when the provider says so', async () => {
    await start();
    const authReqId = await world.startRequest();
    provider.answer('denied');
    await until(async () => (await world.pollOutcome(authReqId)) === 'access_denied');
  });

  it.each([
    ['for another person', { sub: 'bob' }, 'other_person'],
    ['for another client', { aud: 'somebody' }, 'wrong_audience'],
    ['that has expired', { exp: 1 }, 'expired'],
    ['of another issuer', { iss: 'https://evil.example.com' }, 'unknown_issuer'],
  ])('takes no ID token %s for an answer', async (_name, claims, reason) => {
    await start();
    const authReqId = await world.startRequest();
    provider.answer(claims);
    await until(() => world.hasLogged('the answer of the provider does not count') && world.hasLogged(reason));
    expect(await world.pollOutcome(authReqId)).toBe('authorization_pending');
  });

  it('finds the person by the claim that is their name here', async () => {
    await start({ CIBA_OPENID_SUBJECT_CLAIM: 'preferred_username' });
    const authReqId = await world.startRequest();
    provider.answer({ sub: '5f0c', preferred_username: 'alice' });
    await until(async () => (await world.pollOutcome(authReqId)) === 'tokens');
  });

  it('is 503 while the provider is down, and nothing is kept', async () => {
    await start({ CIBA_MAX_OPEN_REQUESTS: '1' });
    provider.failWith(500);
    expect([(await world.ask()).status, (await world.ask()).status]).toEqual([503, 503]);
    provider.failWith(undefined);
    expect((await world.ask()).status).toBe(200);
  });

  it('finds the endpoints of a provider that has moved them, while it polls and when it asks', async () => {
    await start();
    const authReqId = await world.startRequest();
    provider.move();
    await until(() => world.hasLogged('"detail":"status 404"'));
    provider.answer({});
    await until(async () => (await world.pollOutcome(authReqId)) === 'tokens');
    provider.move();
    expect([(await world.ask()).status, (await world.ask()).status]).toEqual([503, 200]);
  });

  it('logs for what the provider refuses us, and nothing else that it says', async () => {
    await start({ CIBA_OPENID_CLIENT_SECRET: 'secret' });
    const authReqId = await world.startRequest();
    provider.refuse({ error: 'invalid_client', error_description: 'eyJ' });
    await until(() => world.hasLogged('"detail":"status 401 invalid_client"'));
    expect(await world.pollOutcome(authReqId)).toBe('authorization_pending');
    provider.refuse({ error: 'eyJ' });
    expect((await world.ask()).status).toBe(503);
    await until(() => world.hasLogged('"detail":"status 401"'));
    expect(world.hasLogged('eyJ')).toBe(false);
  });

  it('tells nobody whom the provider knows', async () => {
    await start();
    const { status, body } = await world.ask({ login_hint: 'nobody' });
    expect([status, Object.keys(body)]).toEqual([200, ['auth_req_id', 'expires_in', 'interval']]);
  });
});
