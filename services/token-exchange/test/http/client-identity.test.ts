import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createTestKey, signTestToken, TEST_START, testDirectory } from '@mandate/testing';
import {
  ACCESS_TOKEN,
  type Answer,
  type Claims,
  credentialsOf,
  type ExchangeWorld,
  type FormFields,
  GATEWAY,
  ID_TOKEN,
  IMAGES,
  OWN,
  USERS,
  WEAK,
  imagesRule,
  issuedClaims,
  issuedToken,
  startExchangeWorld,
} from './exchange-world.js';

const bearerOf = (token: string) => ({ authorization: `Bearer ${token}` });

/** The reason that explain gives, which the ordinary caller does not see. */
const reasonOf = ({ body }: Answer): unknown => body['reason'];

const world = await startExchangeWorld();

describe('the grant types of a client', () => {
  it('hold by credentials and by a bearer token: without this grant there is no token', async () => {
    const own = { iss: OWN, sub: 'no-exchange', client_id: 'no-exchange', aud: OWN, scope: 'exchange' };
    const before = world.events().length;
    for (const headers of [credentialsOf('no-exchange'), bearerOf(world.token(own))]) {
      const answer = await world.exchange({}, headers);
      expect(answer).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    }
    expect(world.events()).toHaveLength(before);
  });
});

describe('a bearer token of our own issuers', () => {
  const statusFor = async (claims: Claims, at = world): Promise<number> => {
    const token = at.token({ iss: OWN, sub: 'gateway', scope: 'exchange', ...claims });
    return (await at.exchange({}, bearerOf(token))).status;
  };

  it('is refused where it was meant for another API, and says so', async () => {
    const token = world.token({ iss: OWN, sub: 'gateway', scope: 'exchange', aud: IMAGES });
    expect(await world.exchange({}, bearerOf(token))).toMatchObject({
      status: 401,
      body: { error: 'invalid_token', error_description: 'The bearer token is not meant for this service' },
    });
    expect(await statusFor({ aud: [IMAGES, 'gateway'] })).toBe(401);
    expect(await statusFor({ aud: [] })).toBe(401);
  });

  it('is accepted for this issuer, its token endpoint, and for its client alone', async () => {
    for (const aud of [OWN, [IMAGES, OWN], `${OWN}/oauth2/token`, 'gateway', ['gateway']]) {
      expect(await statusFor({ aud })).toBe(200);
    }
  });

  it('is refused when its client has no record any more', async () => {
    expect(await statusFor({ client_id: 'gone', aud: OWN })).toBe(401);
    expect(world.logLines.join('')).toContain('"detail":"unknown_client"');
  });

  it('may be for a further name, or for anybody where that is switched off, which the log says', async () => {
    const other = await startExchangeWorld(undefined, { CALLER_AUDIENCE: 'urn:exchange' });
    expect(await statusFor({ aud: 'urn:exchange' }, other)).toBe(200);
    expect(await statusFor({ aud: IMAGES }, other)).toBe(401);
    expect(other.logLines.join('')).not.toContain('CALLER_AUDIENCE');
    const off = await startExchangeWorld(undefined, { CALLER_AUDIENCE_CHECK: 'off' });
    expect(await statusFor({ aud: IMAGES }, off)).toBe(200);
    expect(off.logLines.filter((line) => line.includes('CALLER_AUDIENCE_CHECK'))).toHaveLength(1);
  });
});

describe('a client of another issuer with the id of one of ours', () => {
  const weakBearer = (world: ExchangeWorld) =>
    bearerOf(world.token({ iss: WEAK, sub: 'gateway', client_id: 'gateway', scope: 'exchange explain' }));

  it('does not meet a rule that names ours, and meets one that names it', async () => {
    const own = await startExchangeWorld([{ ...imagesRule, clients: ['gateway'] }]);
    expect((await own.exchange()).status).toBe(200);
    expect(reasonOf(await own.explain({}, weakBearer(own)))).toBe('no_policy_applies');
    const pair = await startExchangeWorld([{ ...imagesRule, clients: [{ iss: WEAK, clientId: 'gateway' }] }]);
    expect((await pair.exchange()).body['error']).toBe('invalid_target');
    expect(issuedClaims(await pair.exchange({}, weakBearer(pair)))).toMatchObject({
      client_id: 'gateway',
      client_iss: WEAK,
    });
  });

  it('is told from ours in the decision log', async () => {
    const clientsOf = async (ask: Promise<unknown>): Promise<unknown[]> => {
      const before = world.events().length;
      await ask;
      return world
        .events()
        .slice(before)
        .map(({ client, clientIssuer }) => [client, clientIssuer]);
    };
    expect(await clientsOf(world.exchange({}, weakBearer(world)))).toEqual([['gateway', WEAK]]);
    expect(await clientsOf(world.exchange())).toEqual([['gateway', undefined]]);
  });

  it('is told from ours in the log line of a token', async () => {
    const lastIssued = () => world.logRecords().findLast(({ msg }) => msg === 'token issued');
    await world.exchange({}, weakBearer(world));
    expect(lastIssued()).toMatchObject({ client: 'gateway', clientIssuer: WEAK });
    await world.exchange();
    expect(lastIssued()).toMatchObject({ client: 'gateway' });
    expect(lastIssued()).not.toHaveProperty('clientIssuer');
  });

  it('is not the client of whom the subject says that somebody acts through it', async () => {
    const subject_token = world.token({ may_act: { iss: USERS, sub: 'bob', client_id: 'gateway' } });
    const idToken = { sub: 'bob', client_id: undefined, scope: undefined, azp: 'gateway' };
    const actor_token = world.token(idToken, { typ: 'JWT' });
    const fields = { subject_token, actor_token, actor_token_type: ID_TOKEN };
    expect((await world.exchange(fields)).status).toBe(200);
    expect(reasonOf(await world.explain(fields, weakBearer(world)))).toBe('may_act_mismatch');
  });

  it('gets tokens that ours cannot exchange further, and cannot exchange those of ours', async () => {
    const theirs = { subject_token: issuedToken(await world.exchange({}, weakBearer(world))) };
    const ours = { subject_token: issuedToken(await world.exchange()) };
    expect(issuedClaims(await world.exchange())).not.toHaveProperty('client_iss');
    const reasons = await Promise.all([
      world.explain(theirs),
      world.explain(ours, weakBearer(world)),
      world.explain(ours),
    ]);
    expect(reasons.map(reasonOf)).toEqual(['caller_not_in_audience', 'caller_not_in_audience', undefined]);
  });
});

describe('a client of ours, where authentication issues under a name of its own', () => {
  const AUTHENTICATION = 'https://authentication.example.com';
  const key = createTestKey('ES256');
  const folder = testDirectory();
  const issuers = join(folder, 'issuers.json');
  const record = { issuer: AUTHENTICATION, own: true, jwks: { keys: [key.publicJwk] } };
  const settings = { TRUSTED_ISSUERS_FILE: issuers, ACT_CLAIMS: 'iss+sub', DEFAULT_ACTOR_ISSUERS: AUTHENTICATION };
  const clientRule = { ...imagesRule, clientAsActor: true, allowedActors: ['gateway'] };
  const issue = (claims: Claims): string =>
    signTestToken(
      key,
      {
        iss: AUTHENTICATION,
        sub: 'gateway',
        client_id: 'gateway',
        aud: 'gateway',
        scope: 'exchange explain read write',
        iat: TEST_START,
        exp: TEST_START + 600,
        jti: 'client-token',
        ...claims,
      },
      { typ: 'at+jwt' },
    );
  const person = () => issue({ sub: 'alice', jti: 'alice-token' });
  const ways = () => [GATEWAY, bearerOf(issue({}))];

  let world: ExchangeWorld;
  beforeAll(async () => {
    writeFileSync(issuers, JSON.stringify([record]));
    world = await startExchangeWorld([clientRule], settings);
  });

  it('is one actor, however it proved itself', async () => {
    const subject = { subject_token: person(), subject_token_type: ACCESS_TOKEN };
    const act = { iss: AUTHENTICATION, sub: 'gateway' };
    for (const way of ways()) expect(issuedClaims(await world.exchange(subject, way))).toMatchObject({ act });
  });

  it('does not get past the loop check by proving itself otherwise the second time', async () => {
    for (const [first, second] of [ways(), ways().reverse()]) {
      const subject_token = issuedToken(await world.exchange({ subject_token: person() }, first));
      const explanation = await world.explain({ subject_token, resource: `${IMAGES}/x` }, second);
      expect(reasonOf(explanation)).toBe('chain_loop');
    }
  });

  it('does not act for itself, by neither way', async () => {
    for (const way of ways()) {
      expect(reasonOf(await world.explain({ subject_token: issue({ jti: 'another' }) }, way))).toBe('actor_is_subject');
    }
  });

  it('is one also where several are ours: the first of them names it, or the one that CLIENT_ISSUER says', async () => {
    const several = join(folder, 'several.json');
    writeFileSync(several, JSON.stringify([{ ...record, issuer: 'https://other.example.com' }, record]));
    const actsOf = async (env: Record<string, string>) => {
      const open = await startExchangeWorld([{ ...clientRule, allowedActors: undefined }], {
        ...settings,
        TRUSTED_ISSUERS_FILE: several,
        ...env,
      });
      const answers = await Promise.all(ways().map((way) => open.exchange({ subject_token: person() }, way)));
      return answers.map((answer) => issuedClaims(answer)['act']);
    };
    const by = (iss: string) => Array.from({ length: 2 }, () => ({ iss, sub: 'gateway' }));
    expect(await actsOf({})).toEqual(by('https://other.example.com'));
    expect(await actsOf({ CLIENT_ISSUER: AUTHENTICATION })).toEqual(by(AUTHENTICATION));
  });
});

describe('the line `refused` (docs/operations.md)', () => {
  const refusedWho = async (headers: Record<string, string>, fields: FormFields = {}): Promise<Claims> => {
    const from = world.logLines.length;
    expect((await world.exchange(fields, headers)).status).toBeGreaterThanOrEqual(400);
    const { client, clientIssuer, claimedClient } =
      world
        .logRecords()
        .slice(from)
        .find(({ msg }) => msg === 'refused') ?? {};
    return { client, clientIssuer, claimedClient };
  };
  const foreign = (scope: string) => bearerOf(world.token({ iss: WEAK, sub: 'gateway', client_id: 'gateway', scope }));

  it.each<[string, { headers: () => Record<string, string>; fields?: FormFields; who: Claims }]>([
    ['the rules refuse', { headers: () => GATEWAY, fields: { resource: 'urn:unknown' }, who: { client: 'gateway' } }],
    ['sends what is no form', { headers: () => GATEWAY, fields: { subject_token: '' }, who: { client: 'gateway' } }],
    ['lacks the scope', { headers: () => credentialsOf('unscoped'), who: { client: 'unscoped' } }],
    ['has no such grant', { headers: () => credentialsOf('no-exchange'), who: { client: 'no-exchange' } }],
    [
      'is of another issuer',
      {
        headers: () => foreign('exchange'),
        fields: { resource: 'urn:unknown' },
        who: { client: 'gateway', clientIssuer: WEAK },
      },
    ],
    [
      'is of another issuer and lacks the scope',
      { headers: () => foreign('read'), who: { client: 'gateway', clientIssuer: WEAK } },
    ],
  ])('names a client that %s', async (_name, { headers, fields, who }) => {
    expect(await refusedWho(headers(), fields)).toEqual(who);
  });

  it('names one as claimed whose token was meant for others', async () => {
    const token = world.token({ iss: OWN, sub: 'gateway', client_id: 'gateway', scope: 'exchange', aud: IMAGES });
    expect(await refusedWho(bearerOf(token))).toEqual({ claimedClient: 'gateway' });
    expect(await refusedWho(bearerOf('nonsense'))).toEqual({});
  });
});
