import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenamRequest, OPENAM_TEST_POLICY_SET } from '@mandate/testing';
import type { PolicyContext, PolicyRequest } from '@mandate/policy';
import { decide, openamBackend, openStandIn, type OpenamWorld, sessionOf, subjectWith } from './openam-world.js';
import type { OpenamPolicyOptions } from '../../src/policy/openam-policy.js';

interface Evaluation {
  subject: { jwt?: string; claims?: object; ssoToken?: string };
  application: string;
  resources: string[];
  environment: Record<string, string[]>;
}

const PRESENTED = 'presented.subject.token';
const plainContext: Pick<PolicyContext, 'subjectToken'> = {
  subjectToken: { token: PRESENTED, declaredType: 'urn:ietf:params:oauth:token-type:jwt' },
};

describe('the question put to AM', () => {
  let world: OpenamWorld;
  beforeAll(async () => {
    world = await openStandIn();
  });
  afterAll(() => world.close());

  async function ask(
    options: Partial<OpenamPolicyOptions>,
    members: { question?: Partial<PolicyRequest>; context?: Partial<PolicyContext> } = {},
  ): Promise<{ request: OpenamRequest; body: Evaluation }> {
    const backend = openamBackend(world.am.url, options);
    await decide(backend, ['claims'], { context: plainContext, ...members }).catch(() => undefined);
    const request = world.am.requests.findLast(({ action }) => action === 'evaluate');
    if (request === undefined) throw new Error('AM was not asked');
    return { request, body: JSON.parse(request.body) as Evaluation };
  }
  const partsOf = (jwt = ''): unknown[] =>
    jwt.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown);

  it('names every resource and audience once, the policy set, and the caller', async () => {
    const question = { audiences: ['reports', 'claims'], ...subjectWith({}) };
    const { request, body } = await ask({}, { question });
    expect(body).toMatchObject({ application: OPENAM_TEST_POLICY_SET, resources: ['claims', 'reports'] });
    expect(body.environment).toEqual({ jwt: [PRESENTED], origin: ['token_exchange'], client: ['gateway'] });
    expect(request).toMatchObject({
      path: '/openam/json/realms/root/policies',
      headers: { 'accept-api-version': 'resource=2.1', 'content-type': 'application/json' },
    });
  });

  it('jwt: the verified claims as text under a plain header, signed by us; never the token as received', async () => {
    const question = subjectWith({ exp: 1_900_000_000, level: 3, amr: ['pwd', 1], nothing: null });
    const { body } = await ask({ subjectForm: 'jwt' }, { question });
    expect(partsOf(body.subject.jwt)).toEqual([
      { alg: 'ES256', kid: 'k', typ: 'JWT' },
      { iss: 'https://users.example.com', sub: 'alice', exp: 1_900_000_000, level: '3', amr: ['pwd', '1'] },
    ]);
    expect(JSON.stringify(body.subject)).not.toContain(PRESENTED);
  });

  it('claims: the same without a header, and no live token', async () => {
    const { request, body } = await ask(
      { subjectForm: 'claims', environmentJwt: false },
      { question: subjectWith({}) },
    );
    expect(body.subject).toEqual({ claims: { iss: 'https://users.example.com', sub: 'alice' } });
    expect(request.body).not.toContain(PRESENTED);
    expect(body.environment).toEqual({ origin: ['token_exchange'], client: ['gateway'] });
  });

  it.each(['jwt', 'claims'] as const)(
    '%s: the issuer that names the subject, not us who issued a token about it',
    async (subjectForm) => {
      const question = subjectWith({ iss: 'https://mandate.example.com', sub: 'alice' });
      const { body } = await ask({ subjectForm }, { question });
      const claims = body.subject.claims ?? partsOf(body.subject.jwt)[1];
      expect(claims).toEqual({ iss: 'https://users.example.com', sub: 'alice' });
    },
  );

  const presentedWith = (header: object) => {
    const token = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.c2ln`;
    return { context: { subjectToken: { token, declaredType: 'urn:ietf:params:oauth:token-type:jwt' as const } } };
  };

  it.each([{ alg: 'RS256' }, { alg: 'RS256', typ: 'JWT' }])('token: as received (IMS), with %j', async (header) => {
    const question = presentedWith(header);
    const { body } = await ask({ subjectForm: 'token' }, question);
    expect(body.subject).toEqual({ jwt: question.context.subjectToken.token });
  });

  it.each([{ typ: 'at+jwt' }, { cty: 'JWT' }, { jwk: {} }, { x5c: [] }, { typ: 'jwt' }])(
    'token: signed by us with %j, which AM cannot read',
    async (members) => {
      const { body } = await ask({ subjectForm: 'token' }, presentedWith({ alg: 'RS256', ...members }));
      expect(partsOf(body.subject.jwt)[0]).toEqual({ alg: 'ES256', kid: 'k', typ: 'JWT' });
    },
  );

  it.each(['jwt', 'claims', 'token'] as const)(
    'a session is told as itself and nowhere else (%s)',
    async (subjectForm) => {
      const token = world.am.startSession('alice');
      const { body } = await ask({ subjectForm }, sessionOf(token));
      expect(body.subject).toEqual({ ssoToken: token });
      expect(JSON.stringify(body.environment)).not.toContain(token);
    },
  );

  it('every value of the environment is an array of strings, the actor as the pair', async () => {
    const iss = 'https://users.example.com';
    const question = { ...subjectWith({}), actor: { iss, sub: 'bob', claims: {} } };
    const { environment } = (await ask({}, { question })).body;
    expect(environment).toEqual({
      jwt: [PRESENTED],
      origin: ['token_exchange'],
      actor: ['bob'],
      actorIssuer: [iss],
      client: ['gateway'],
    });
  });

  it('carries the transaction and the trace', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { request } = await ask({}, { context: { ...plainContext, transactionId: 't-1', traceparent } });
    expect(request.headers).toMatchObject({ 'x-forgerock-transactionid': 't-1', traceparent });
  });

  it('takes the name of the cookie as configured', async () => {
    const { request } = await ask({ cookieName: 'amCookie' });
    expect(request.headers['amcookie']).toMatch(/^AQIC/);
    expect(request.headers['iplanetdirectorypro']).toBeUndefined();
  });

  it('names a client of our own by its id, and one of another issuer as the pair', async () => {
    const client = { id: 'gateway', iss: 'https://elsewhere.example.com', own: false, scopes: [], attributes: {} };
    const environmentFor = async (question: object): Promise<unknown> =>
      (JSON.parse((await ask({}, { question })).request.body) as { environment: unknown }).environment;
    expect(await environmentFor({})).toMatchObject({ client: ['gateway'] });
    expect(await environmentFor({ client })).toMatchObject({
      client: ['{"iss":"https://elsewhere.example.com","clientId":"gateway"}'],
    });
  });

  it('X14 PB-32 a target or a client changes nothing about the address', async () => {
    const question = {
      client: { id: '../../x?_action=y#z', iss: 'https://as.example.com', own: true, scopes: [], attributes: {} },
    };
    const { request } = await ask({}, { question });
    expect(request.path).toBe('/openam/json/realms/root/policies');
  });
});
