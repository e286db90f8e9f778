import { describe, expect, it } from '@jest/globals';
import { TEST_START } from '@mandate/testing';
import { imagesRule, IMAGES, issuedClaims, issuedHeader, OWN, startExchangeWorld, USERS } from './exchange-world.js';

const world = await startExchangeWorld([{ ...imagesRule, additionalClaims: { department: 'photos' } }]);

const mayAct = (sub: unknown) => ({ subject_token: world.token({ may_act: { sub } }) });

const answer = await world.exchange({ ...mayAct('bob'), ...world.actorFields(), scope: 'read' });

describe('a delegation', () => {
  it('TX-02 answers with a token for alice that says bob acts, and no refresh token (RFC 8693 section 2.2.1)', () => {
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 120,
      scope: 'read',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
  });

  it('TX-60 issues claims of its own (RFC 9068 section 2.2, RFC 8693 section 4)', () => {
    const { jti, anc, authGrantId, ...claims } = issuedClaims(answer);
    expect(claims).toEqual({
      iss: OWN,
      sub: 'alice',
      sub_id: { format: 'iss_sub', iss: USERS, sub: 'alice' },
      aud: IMAGES,
      client_id: 'gateway',
      scope: 'read',
      scp: ['read'],
      act: { sub: 'bob' },
      iat: TEST_START,
      nbf: TEST_START,
      exp: TEST_START + 120,
      department: 'photos',
    });
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(anc).toHaveLength(2);
    expect(authGrantId).toBe((anc as string[])[0]);
    expect(issuedHeader(answer)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: world.keys.own.kid });
  });

  it('has the type JWT with TOKEN_TYP=JWT, for libraries that know no at+jwt', async () => {
    const other = await startExchangeWorld([imagesRule], { TOKEN_TYP: 'JWT' });
    expect(issuedHeader(await other.exchange())).toMatchObject({ typ: 'JWT' });
  });

  it('X9 does not pass may_act on', () => {
    expect(issuedClaims(answer)).not.toHaveProperty('may_act');
  });

  it('counts the actors in the chains of what it permits', async () => {
    const claims = { may_act: { sub: 'bob' }, act: { sub: 'agent' } };
    await world.exchange({ subject_token: world.token(claims), ...world.actorFields() });
    const text = await world.metrics();
    const upTo = (depth: number) =>
      Number(
        new RegExp(`exchange_chain_depth_actors_bucket\\{le="${depth}",kind="exchange"\\} (\\d+)`).exec(text)?.[1],
      );
    expect(upTo(2) - upTo(1)).toBe(1);
  });

  it('counts decisions by verdict and reason', async () => {
    await world.exchange({ ...mayAct('carol'), ...world.actorFields() });
    expect(await world.metrics()).toMatch(
      /exchange_decisions_total\{kind="exchange",verdict="deny",reason="may_act_mismatch"\} \d+/,
    );
  });
});

describe('requested_token_type', () => {
  it.each(['urn:ietf:params:oauth:token-type:jwt', 'jwt'])('%s gives a JWT, which is no access token', async (type) => {
    const { body } = await world.exchange({ requested_token_type: type });
    expect(body).toMatchObject({ issued_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_type: 'N_A' });
  });
});

describe('an exchange without an actor token', () => {
  it('is an impersonation: no act is added', async () => {
    expect(issuedClaims(await world.exchange())).not.toHaveProperty('act');
  });

  it('TX-58 lets a client narrow its own token', async () => {
    const own = world.token({ iss: OWN, sub: 'gateway', client_id: 'gateway', scope: 'read write' });
    expect(issuedClaims(await world.exchange({ subject_token: own, scope: 'read' }))).toMatchObject({
      sub: 'gateway',
      scope: 'read',
    });
  });
});

describe('with ACT_CLAIMS=iss+sub', () => {
  it('TX-55 names the actor by issuer and sub', async () => {
    const other = await startExchangeWorld([imagesRule], { ACT_CLAIMS: 'iss+sub' });
    const subject_token = other.token({ may_act: { sub: 'bob' } });
    const { act } = issuedClaims(await other.exchange({ subject_token, ...other.actorFields() }));
    expect(act).toEqual({ iss: USERS, sub: 'bob' });
  });
});
