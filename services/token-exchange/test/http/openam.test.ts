import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { OPENAM_TEST_POLICY_SET, startOpenamStandIn, TEST_START } from '@mandate/testing';
import { closeAfterTests } from '../after-tests.js';
import {
  ACCESS_TOKEN,
  type Answer,
  IMAGES,
  imagesRule,
  issuedClaims,
  issuedToken,
  JWT,
  startExchangeWorld,
} from './exchange-world.js';
import { AM_SESSION, openamPolicyEnv, openamSessionEnv } from './upstream-settings.js';

const am = closeAfterTests(await startOpenamStandIn());
const sessionEnv = openamSessionEnv(am.url);
const policyEnv = {
  ...openamPolicyEnv(am.url),
  EXCHANGE_OPENAM_POLICY_EXPIRES_IN_SEC_ATTR: 'expires',
  EXCHANGE_OPENAM_POLICY_COPY_ADDITIONAL_ATTR: 'true',
};
beforeEach(() => {
  am.answer('evaluate', undefined);
  am.answer('validate', undefined);
});

/** A request that was refused, and as what. */
const statusAndError = ({ status, body }: Answer) => [status, body['error']];

const world = await startExchangeWorld([], { ...policyEnv, ...sessionEnv });

describe('exchanges decided by AM', () => {
  it('issues what the policy of AM grants', async () => {
    const answer = await world.exchange({ resource: `${IMAGES}/`, ...world.actorFields() });
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

  it('X7 knows whom a derived token is about by the issuer that names them', async () => {
    const first = await world.exchange({ resource: `${IMAGES}/`, ...world.actorFields() });
    const fields = { subject_token: issuedToken(first), resource: 'https://reports.example.com/' };
    expect(issuedClaims(await world.exchange(fields))).toMatchObject({
      sub: 'alice',
      aud: 'https://reports.example.com',
    });
  });

  it('PB-35 one login at AM for 100 exchanges at once', async () => {
    const other = await startExchangeWorld([], policyEnv);
    const logins = () => am.requests.filter(({ path }) => path.endsWith('/authenticate')).length;
    const before = logins();
    const fields = { resource: `${IMAGES}/`, ...other.actorFields() };
    const answers = await Promise.all(Array.from({ length: 100 }, () => other.exchange(fields)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(logins() - before).toBe(1);
  });

  it('PB-34 denies with 400, and without a word of what AM said', async () => {
    const answer = await world.exchange({ resource: 'https://closed.example.com/' });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: 'invalid_request', error_description: 'The exchange is not allowed' });
    const unknown = await world.exchange({ resource: 'https://unknown.example.com/' });
    expect(statusAndError(unknown)).toEqual([400, 'invalid_target']);
  });

  it('PB-17 X12 answers 503 when AM does not answer as it should', async () => {
    am.answer('evaluate', (_request, response) => response.writeHead(500).end());
    const answer = await world.exchange({ resource: `${IMAGES}/` });
    expect(statusAndError(answer)).toEqual([503, 'temporarily_unavailable']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('exchanges an AM session, for at most what is configured, about its owner', async () => {
    const fields = { subject_token_type: AM_SESSION, resource: 'sessions' };
    for (const uid of ['alice', 'ALICE']) {
      const answer = await world.exchange({ ...fields, subject_token: am.startSession(uid) });
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
      const subject_token_type = `urn:ietf:params:oauth:token-type:${ending}`;
      const answer = await world.exchange({ ...fields, subject_token: am.startSession('alice'), subject_token_type });
      expect(answer.status).toBe(200);
    }
  });

  it('tells AM a token that it cannot read as received signed anew, and says so once', async () => {
    const other = await startExchangeWorld([], { ...policyEnv, EXCHANGE_OPENAM_SUBJECT_FORM: 'token' });
    const before = am.requests.length;
    const ask = async (typ: string) => {
      const subject_token = other.token({}, { typ });
      const { status } = await other.exchange({ resource: `${IMAGES}/`, subject_token, ...other.actorFields() });
      expect(status).toBe(200);
      return subject_token;
    };
    const subjectTokens = [await ask('at+jwt'), await ask('at+jwt'), await ask('JWT')];
    const evaluations = am.requests.slice(before).filter(({ action }) => action === 'evaluate');
    const jwts = evaluations.map(({ body }) => (JSON.parse(body) as { subject: { jwt: string } }).subject.jwt);
    expect(jwts.map((jwt) => decodeProtectedHeader(jwt).typ)).toEqual(['JWT', 'JWT', 'JWT']);
    expect(jwts.map((jwt, index) => jwt === subjectTokens[index])).toEqual([false, false, true]);
    expect(other.logLines.filter((line) => line.includes('go to it signed anew'))).toHaveLength(1);
  });

  it('denies a session of another realm, which AM itself would permit', async () => {
    const fields = { subject_token_type: AM_SESSION, resource: 'sessions' };
    const answer = await world.exchange({ ...fields, subject_token: am.startSession('carol', '/short') });
    expect(statusAndError(answer)).toEqual([400, 'invalid_request']);
  });

  it('S5 no session and no credential of AM reaches the log or an explanation', async () => {
    const subject_token = am.startSession('alice');
    const { body } = await world.explain({ subject_token, subject_token_type: AM_SESSION, resource: 'sessions' });
    expect(body).toMatchObject({ verdict: 'permit', decision: { backend: 'openam', rule: OPENAM_TEST_POLICY_SET } });
    const text = [...world.logLines, JSON.stringify(body)].join('\n');
    expect(text).not.toMatch(/AQIC|Policy-pass/);
  });

  it('is ready while AM is down, and says so', async () => {
    const { status, parts } = await world.readiness();
    expect([status, Object.keys(parts)]).toEqual([200, expect.arrayContaining(['policy:openam'])]);
  });
});

describe('AM sessions as subject tokens', () => {
  const session = { resource: `${IMAGES}/x`, subject_token_type: AM_SESSION };

  it('are refused as an unknown type where AM is not configured', async () => {
    const world = await startExchangeWorld();
    const answer = await world.exchange({ ...session, subject_token: am.startSession('alice') });
    expect(statusAndError(answer)).toEqual([400, 'invalid_request']);
  });

  it('need no policy of AM; 400 when AM does not know them, 503 when it cannot say', async () => {
    const world = await startExchangeWorld([imagesRule], sessionEnv);
    expect((await world.exchange({ ...session, subject_token: am.startSession('alice') })).status).toBe(200);
    const unknown = await world.exchange({ ...session, subject_token: 'AQIC5unknown' });
    expect([unknown.status, unknown.body['error_description']]).toEqual([400, 'The subject token is not acceptable']);
    am.answer('validate', (_request, response) => response.writeHead(500).end());
    expect((await world.exchange({ ...session, subject_token: am.startSession('alice') })).status).toBe(503);
  });

  it('X10 a JWT is none, and a session is no JWT, access token or actor', async () => {
    const world = await startExchangeWorld([imagesRule], sessionEnv);
    const subject_token = am.startSession('alice');
    const answers = [
      await world.exchange(session),
      await world.exchange({ ...session, subject_token, subject_token_type: ACCESS_TOKEN }),
      await world.exchange({ ...session, subject_token, subject_token_type: JWT }),
      await world.exchange({ resource: session.resource, actor_token: subject_token, actor_token_type: AM_SESSION }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });

  it('TOKEN_TYPE_CHECK=ims: a session declared as access token is taken, one as actor is not', async () => {
    const world = await startExchangeWorld([imagesRule], { ...sessionEnv, TOKEN_TYPE_CHECK: 'ims' });
    const subject_token = am.startSession('alice');
    const subject = await world.exchange({ ...session, subject_token, subject_token_type: ACCESS_TOKEN });
    const actor = await world.exchange({
      resource: session.resource,
      actor_token: subject_token,
      actor_token_type: ACCESS_TOKEN,
    });
    expect([subject.status, actor.status]).toEqual([200, 400]);
  });

  it('IN-19 a revoked session is not exchanged again', async () => {
    const world = await startExchangeWorld([imagesRule], sessionEnv);
    const fields = { ...session, subject_token: am.startSession('alice') };
    const [id] = issuedClaims(await world.exchange(fields))['anc'] as [string];
    await world.revoke(id);
    const answer = await world.exchange(fields);
    expect(statusAndError(answer)).toEqual([400, 'invalid_request']);
  });

  it('a start names the account that AM policies need', async () => {
    await expect(startExchangeWorld([imagesRule], { TOKEN_EXCHANGE_POLICIES: 'openam' })).rejects.toThrow();
  });
});
