import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { createMemoryRevocationStore } from '@mandate/token';
import {
  fixedClock,
  type OpenamStandIn,
  startOpenamStandIn,
  TEST_START,
  OPENAM_TEST_POLICY_SET,
} from '@mandate/testing';
import {
  ACCESS_TOKEN,
  actorFields,
  type ExchangeWorld,
  IMAGES,
  imagesRule,
  issuedClaims,
  JWT,
  startExchangeWorld,
} from './exchange-world.js';

const AM_SESSION = 'urn:mandate:token-type:am-session';

let am: OpenamStandIn;
const openamEnv = (): Record<string, string> => ({
  TOKEN_EXCHANGE_POLICIES: 'openam',
  EXCHANGE_OPENAM_AUTH_URL: `${am.url}/json/authenticate`,
  EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'policy',
  EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'Policy-pass-1',
  EXCHANGE_OPENAM_POLICY_URL: `${am.url}/json/realms/root/policies`,
  EXCHANGE_OPENAM_POLICY_SET_ID: OPENAM_TEST_POLICY_SET,
  EXCHANGE_OPENAM_POLICY_EXPIRES_IN_SEC_ATTR: 'expires',
  EXCHANGE_OPENAM_POLICY_COPY_ADDITIONAL_ATTR: 'true',
});
const sessionEnv = (): Record<string, string> => ({ INTROSPECTION_OPENAM_SESSION_URL: `${am.url}/json/sessions` });

beforeAll(async () => {
  am = await startOpenamStandIn();
});
afterAll(() => am.close());
beforeEach(() => {
  am.answer('evaluate', undefined);
  am.answer('validate', undefined);
});

describe('exchanges decided by AM', () => {
  let world: ExchangeWorld;
  beforeAll(async () => {
    world = await startExchangeWorld([], { ...openamEnv(), ...sessionEnv() });
  });
  afterAll(() => world.close());

  it('issues what the policy of AM grants', async () => {
    const answer = await world.exchange({ resource: `${IMAGES}/`, ...actorFields(world) });
    expect(answer.status).toBe(200);
    expect(issuedClaims(answer)).toMatchObject({
      sub: 'alice',
      aud: IMAGES,
      scp: ['read', 'write'],
      act: { sub: 'bob' },
      department: 'photos',
      exp: TEST_START + 120,
    });
  });

  it('PB-35 one login at AM for 100 exchanges at once', async () => {
    const fresh = await startExchangeWorld([], openamEnv());
    const before = am.requests.filter(({ path }) => path.endsWith('/authenticate')).length;
    const fields = { resource: `${IMAGES}/`, ...actorFields(fresh) };
    const answers = await Promise.all(Array.from({ length: 100 }, () => fresh.exchange(fields)));
    await fresh.close();
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(am.requests.filter(({ path }) => path.endsWith('/authenticate')).length - before).toBe(1);
  });

  it('PB-34 denies with 400, and without a word of what AM said', async () => {
    const answer = await world.exchange({ resource: 'https://closed.example.com/' });
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'The exchange is not allowed' },
    ]);
    const unknown = await world.exchange({ resource: 'https://unknown.example.com/' });
    expect([unknown.status, unknown.body['error']]).toEqual([400, 'invalid_target']);
  });

  it('PB-17 X12 answers 503 when AM does not answer as it should', async () => {
    am.answer('evaluate', (_request, response) => response.writeHead(500).end());
    const answer = await world.exchange({ resource: `${IMAGES}/` });
    expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('exchanges an AM session, for at most what is configured, about its owner', async () => {
    const fields = { subject_token_type: AM_SESSION, resource: 'sessions' };
    for (const typed of ['alice', 'ALICE']) {
      const answer = await world.exchange({ ...fields, subject_token: am.startSession(typed) });
      const iss = `${am.url}/realms/root`;
      expect(issuedClaims(answer)).toMatchObject({
        sub: 'alice',
        sub_id: { format: 'iss_sub', iss, sub: 'alice' },
        aud: 'sessions',
        exp: TEST_START + 300,
        anc: [expect.stringMatching(/^sha256:/)],
      });
    }
    for (const ending of ['ssotoken', 'sso_token', 'ssoktoken']) {
      const type = `urn:ietf:params:oauth:token-type:${ending}`;
      const answer = await world.exchange({
        ...fields,
        subject_token: am.startSession('alice'),
        subject_token_type: type,
      });
      expect(answer.status).toBe(200);
    }
  });

  it('tells AM a token that it cannot read as received signed anew, and says so once', async () => {
    const form = await startExchangeWorld([], { ...openamEnv(), EXCHANGE_OPENAM_SUBJECT_FORM: 'token' });
    const before = am.requests.length;
    const ask = async (typ: string) => {
      const subject_token = form.token({}, { typ });
      const answer = await form.exchange({ resource: `${IMAGES}/`, subject_token, ...actorFields(form) });
      return { status: answer.status, subject_token };
    };
    const asked = [await ask('at+jwt'), await ask('at+jwt'), await ask('JWT')];
    await form.close();
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200]);
    const evaluated = am.requests.slice(before).filter(({ action }) => action === 'evaluate');
    const told = evaluated.map(({ body }) => (JSON.parse(body) as { subject: { jwt: string } }).subject.jwt);
    expect(told.map((jwt) => decodeProtectedHeader(jwt).typ)).toEqual(['JWT', 'JWT', 'JWT']);
    expect(told.map((jwt, index) => jwt === asked[index]?.subject_token)).toEqual([false, false, true]);
    expect(form.logLines.filter((line) => line.includes('go to it signed anew'))).toHaveLength(1);
  });

  it('denies a session of another realm, which AM itself would permit', async () => {
    const fields = { subject_token_type: AM_SESSION, resource: 'sessions' };
    const answer = await world.exchange({ ...fields, subject_token: am.startSession('carol', '/short') });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('S5 no session and no credential of AM reaches the log or an explanation', async () => {
    const subject_token = am.startSession('alice');
    const explained = await world.explain({ subject_token, subject_token_type: AM_SESSION, resource: 'sessions' });
    expect(explained.body).toMatchObject({
      verdict: 'permit',
      decision: { backend: 'openam', rule: OPENAM_TEST_POLICY_SET },
    });
    const text = [...world.logLines, JSON.stringify(explained.body)].join('\n');
    expect(text).not.toMatch(/AQIC|Policy-pass/);
  });

  it('is ready while AM is down, and says so', async () => {
    const readyz = await fetch(`${world.managementUrl}/readyz?verbose`);
    expect([readyz.status, await readyz.text()]).toEqual([200, expect.stringContaining('policy:openam')]);
  });
});

describe('AM sessions as subject tokens', () => {
  const rules = [imagesRule];
  const asked = { resource: `${IMAGES}/x`, subject_token_type: AM_SESSION };

  it('are refused as an unknown type where AM is not configured', async () => {
    const world = await startExchangeWorld(rules);
    const answer = await world.exchange({ ...asked, subject_token: am.startSession('alice') });
    await world.close();
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('need no policy of AM; 400 when AM does not know them, 503 when it cannot say', async () => {
    const world = await startExchangeWorld(rules, sessionEnv());
    expect((await world.exchange({ ...asked, subject_token: am.startSession('alice') })).status).toBe(200);
    const unknown = await world.exchange({ ...asked, subject_token: 'AQIC5unknown' });
    expect([unknown.status, unknown.body['error_description']]).toEqual([400, 'The subject token is not acceptable']);
    am.answer('validate', (_request, response) => response.writeHead(500).end());
    expect((await world.exchange({ ...asked, subject_token: am.startSession('alice') })).status).toBe(503);
    await world.close();
  });

  it('X10 a JWT is none, and a session is no JWT, access token or actor', async () => {
    const world = await startExchangeWorld(rules, sessionEnv());
    const session = am.startSession('alice');
    const answers = [
      await world.exchange(asked),
      await world.exchange({ ...asked, subject_token: session, subject_token_type: ACCESS_TOKEN }),
      await world.exchange({ ...asked, subject_token: session, subject_token_type: JWT }),
      await world.exchange({ resource: asked.resource, actor_token: session, actor_token_type: AM_SESSION }),
    ];
    await world.close();
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });

  it('TOKEN_TYPE_CHECK=ims: a session declared as access token is taken, one as actor is not', async () => {
    const world = await startExchangeWorld(rules, { ...sessionEnv(), TOKEN_TYPE_CHECK: 'ims' });
    const subject_token = am.startSession('alice');
    const taken = await world.exchange({ ...asked, subject_token, subject_token_type: ACCESS_TOKEN });
    const actor = await world.exchange({
      resource: asked.resource,
      actor_token: subject_token,
      actor_token_type: ACCESS_TOKEN,
    });
    await world.close();
    expect([taken.status, actor.status]).toEqual([200, 400]);
  });

  it('IN-19 a revoked session is not exchanged again', async () => {
    const revocations = createMemoryRevocationStore({ clock: fixedClock() });
    const world = await startExchangeWorld(rules, sessionEnv(), { revocations });
    const fields = { ...asked, subject_token: am.startSession('alice') };
    const [id] = issuedClaims(await world.exchange(fields))['anc'] as [string];
    await revocations.revoke([{ kind: 'token', id, expiresAt: TEST_START + 600 }]);
    const answer = await world.exchange(fields);
    await world.close();
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('a start names the account that AM policies need', async () => {
    await expect(startExchangeWorld(rules, { TOKEN_EXCHANGE_POLICIES: 'openam' })).rejects.toThrow();
  });
});
