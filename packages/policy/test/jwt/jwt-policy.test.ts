import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type JsonObject, UpstreamError } from '@mandate/ports';
import { TOKEN_TYPE } from '@mandate/oauth';
import {
  createJwtPolicy,
  JWT_POLICY,
  type PolicyContext,
  type PolicyDecision,
  type PolicyRequest,
  type RemoteIntrospection,
} from '@mandate/policy';
import { policyContext, policyQuestion, TEST_START } from '@mandate/testing';
import type { JwtPolicyOptions } from '../../src/jwt/jwt-policy.js';

const IMAGES = 'https://images.example.com';
const claims: JsonObject = {
  iss: 'https://users.example.com',
  sub: 'alice',
  aud: IMAGES,
  scope: 'read write',
  exp: TEST_START + 600,
  jti: 'j',
  department: 'photos',
};

const without = (...names: string[]): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));

/** A server that answers with these claims, or says inactive. */
const remote = (answer: JsonObject | undefined): RemoteIntrospection => ({
  canAsk: () => true,
  introspect: () => Promise.resolve(answer),
});

interface PolicyOptions extends Partial<JwtPolicyOptions> {
  claims?: JsonObject;
  request?: Partial<PolicyRequest>;
  context?: Partial<PolicyContext>;
}

function decide({
  claims: subject = claims,
  request,
  context,
  ...options
}: PolicyOptions = {}): Promise<PolicyDecision> {
  const question = policyQuestion({
    requestedTokenType: TOKEN_TYPE.jwt,
    subject: { iss: 'https://users.example.com', sub: 'alice', claims: subject },
    client: {
      id: 'gateway',
      iss: 'https://as.example.com',
      own: true,
      scopes: ['exchange', 'introspect'],
      attributes: {},
    },
    ...request,
  });
  const defaults = { requiredScope: 'introspect', notAvailable: false, clock: () => TEST_START };
  return createJwtPolicy({ ...defaults, ...options }).decide(question, policyContext(context));
}

const grantsOf = async (question?: PolicyOptions) => {
  const decision = await decide(question);
  if (decision.outcome !== 'permit') throw new Error(JSON.stringify(decision));
  return decision.grants;
};

describe('createJwtPolicy', () => {
  it("grants the subject token's own audience, scopes, claims and remaining time", async () => {
    expect(await grantsOf()).toEqual([
      {
        audience: IMAGES,
        scopes: ['read', 'write'],
        expirationSeconds: 600,
        carriedClaims: { department: 'photos' },
      },
    ]);
  });

  it('applies only where a JWT is requested', async () => {
    const request = { requestedTokenType: TOKEN_TYPE.accessToken, resources: ['a'] };
    const unmet = [{ rule: 'in_place', conditions: ['requested_token_type'] }];
    expect(await decide({ request })).toEqual({ outcome: 'not_applicable', uncovered: ['a'], unmet });
  });

  it('denies a caller that may not introspect, and asks nobody', async () => {
    const introspection = { canAsk: () => true, introspect: () => Promise.reject(new Error('asked')) };
    const client = { id: 'gateway', iss: 'https://as.example.com', own: true, scopes: ['exchange'], attributes: {} };
    expect(await decide({ request: { client }, introspection })).toMatchObject({ reason: 'caller_may_not_introspect' });
  });

  it('grants every audience of the token, or those of them that are asked for', async () => {
    const twoAudiences = { ...claims, aud: [IMAGES, 'b'] };
    const audiences = async (request: Partial<PolicyRequest>) =>
      (await grantsOf({ claims: twoAudiences, request })).map(({ audience }) => audience);
    expect(await audiences({})).toEqual([IMAGES, 'b']);
    expect(await audiences({ audiences: ['b'] })).toEqual(['b']);
    expect(await audiences({ resources: ['b'], audiences: ['b'] })).toEqual(['b']);
  });

  it('X2 X7 does not apply to a target that is not in the token, octet for octet', async () => {
    for (const target of ['https://IMAGES.example.com', `${IMAGES}/`, 'N_A']) {
      const decision = await decide({ request: { audiences: [IMAGES, target] } });
      const unmet = [{ rule: 'in_place', conditions: ['subject_token.aud'] }];
      expect(decision).toEqual({ outcome: 'not_applicable', uncovered: [target], unmet });
    }
  });

  it('X9 leaves out what is registered, what allows actors, and what ties the token to another', async () => {
    const token = { ...claims, may_act: { sub: 'bob' }, act: { sub: 'carol' }, nonce: 'n', at_hash: 'h', azp: 'c' };
    expect((await grantsOf({ claims: { ...token, c_hash: 'h', cnf: {}, anc: ['x'] } }))[0]).toMatchObject({
      carriedClaims: { department: 'photos' },
    });
    const [grant] = await grantsOf({ claims: token });
    expect(Object.keys(grant?.carriedClaims ?? {})).toEqual(['department']);
    expect(grant?.allowedActors).toBeUndefined();
  });

  it('keeps what the 2018 services put into their tokens', async () => {
    const ims = { cid: 'c', tokenName: 'access_token', auth_time: 1, auditTrackingId: 'a', token_type: 'Bearer' };
    const [grant] = await grantsOf({ claims: { ...claims, ...ims, expires_in: 60, authGrantId: 'g' } });
    expect(grant?.carriedClaims).toEqual({ department: 'photos', ...ims });
  });

  it('lets anybody act whom may_act does not forbid, where told so (IMS)', async () => {
    const request = { actor: { iss: 'https://users.example.com', sub: 'bob', claims: {} } };
    expect((await grantsOf({ request }))[0]?.allowedActors).toBeUndefined();
    const actor = { iss: 'https://users.example.com', sub: 'bob' };
    expect((await grantsOf({ request, anyActor: true }))[0]?.allowedActors).toEqual([actor]);
    expect((await grantsOf({ anyActor: true }))[0]?.allowedActors).toBeUndefined();
  });

  it('X1 grants no scope where the token has none', async () => {
    const noScope = without('scope');
    expect(await grantsOf({ claims: noScope })).toMatchObject([{ scopes: [] }]);
  });

  it('denies a token for nobody, unless N_A is to be written', async () => {
    const bareClaims = without('aud', 'scope');
    expect(await decide({ claims: bareClaims })).toMatchObject({ outcome: 'deny', reason: 'no_audience' });
    expect(await decide({ claims: { ...claims, aud: [] }, notAvailable: true })).toMatchObject({ outcome: 'deny' });
    expect(await grantsOf({ claims: bareClaims, notAvailable: true })).toMatchObject([
      { audience: 'N_A', scopes: ['N_A'], scopeCeiling: 'policy' },
    ]);
    expect(await grantsOf({ notAvailable: true })).toMatchObject([{ audience: IMAGES, scopes: ['read', 'write'] }]);
  });

  it('says that N_A lifts the ceiling of scopes', () => {
    const lifts = (notAvailable: boolean) =>
      createJwtPolicy({ requiredScope: 'i', notAvailable, clock: () => 0 }).liftsScopeCeiling?.();
    expect([lifts(false), lifts(true)]).toEqual([false, true]);
  });
});

describe('with an introspection', () => {
  const endless = without('exp');

  it('denies what is inactive there', async () => {
    expect(await decide({ introspection: remote(undefined) })).toMatchObject({
      outcome: 'deny',
      reason: 'inactive',
    });
  });

  it('denies when there is nothing to ask with', async () => {
    const introspection = { ...remote(claims), canAsk: () => false };
    expect(await decide({ introspection })).toMatchObject({ reason: 'caller_without_bearer_token' });
  });

  it('takes away what the answer lacks, and adds nothing', async () => {
    const answer = { ...claims, scope: 'read admin', aud: [IMAGES, 'b'], exp: TEST_START + 60, role: 'admin' };
    expect(await grantsOf({ introspection: remote(answer) })).toEqual([
      { audience: IMAGES, scopes: ['read'], expirationSeconds: 60, carriedClaims: { department: 'photos' } },
    ]);
    const later = { ...claims, exp: TEST_START + 6000 };
    expect(await grantsOf({ introspection: remote(later) })).toMatchObject([{ expirationSeconds: 600 }]);
  });

  it('leaves as it is what the answer does not speak of', async () => {
    expect(await grantsOf({ introspection: remote({ sub: 'alice' }) })).toEqual(await grantsOf());
  });

  it('never writes N_A for what the answer takes away, nor believes it about what the token never had', async () => {
    const otherAudience = remote({ ...claims, aud: 'elsewhere' });
    expect(await decide({ introspection: otherAudience, notAvailable: true })).toMatchObject({ reason: 'no_audience' });
    const noScope = without('scope');
    expect(await grantsOf({ claims: noScope, introspection: remote(claims) })).toMatchObject([{ scopes: [] }]);
  });

  it('denies what has expired there', async () => {
    const expiredAnswer = remote({ ...claims, exp: TEST_START });
    expect(await decide({ introspection: expiredAnswer })).toMatchObject({ outcome: 'deny', reason: 'expired' });
  });

  it.each([{ iss: 'https://other.example' }, { sub: 'mallory' }, { jti: 'k' }, { sub: { toString: 'alice' } }])(
    'fails for an answer about another token: %j',
    async (differences) => {
      const decision = decide({ introspection: remote({ ...claims, ...differences }) });
      await expect(decision).rejects.toMatchObject({ dependency: 'introspection', failure: 'malformed' });
    },
  );

  it.each([{ scope: 7 }, { scope: ['read write'] }, { aud: [7] }, { aud: {} }, { exp: '9' }, { exp: null }])(
    'X12 fails for an answer of another shape: %j',
    async (oddMembers) => {
      const decision = decide({ introspection: remote({ ...claims, ...oddMembers }) });
      await expect(decision).rejects.toBeInstanceOf(UpstreamError);
    },
  );

  it('does not ask twice about an opaque token, whose claims are the answer itself', async () => {
    const introspection = { canAsk: () => true, introspect: () => Promise.reject(new Error('asked twice')) };
    const subjectToken = { token: 'opaque', declaredType: TOKEN_TYPE.accessToken, readBy: JWT_POLICY };
    expect(await grantsOf({ introspection, context: { subjectToken } })).toEqual(await grantsOf());
    await expect(grantsOf({ introspection })).rejects.toThrow('asked twice');
  });

  it('bounds nothing by time where neither side says when the token ends', async () => {
    const [grant] = await grantsOf({ claims: endless, introspection: remote(endless) });
    expect(grant).not.toHaveProperty('expirationSeconds');
  });

  it('X1 X2 X3 never gives more than the token has, whatever is answered', async () => {
    const names = fc.subarray(['a', 'b', 'c']);
    const side = fc.record({
      aud: fc.option(names),
      scope: fc.option(names),
      seconds: fc.integer({ min: 1, max: 99 }),
    });
    const claimsOf = ({ aud, scope, seconds }: typeof side extends fc.Arbitrary<infer T> ? T : never): JsonObject => ({
      sub: 'alice',
      exp: TEST_START + seconds,
      ...(aud !== null && { aud }),
      ...(scope !== null && { scope: scope.join(' ') }),
    });
    let permits = 0;
    const property = fc.asyncProperty(side, side, names, async (token, answer, audiences) => {
      const introspection = remote(claimsOf(answer));
      const decision = await decide({ claims: claimsOf(token), introspection, request: { audiences } });
      if (decision.outcome !== 'permit') return;
      permits++;
      for (const grant of decision.grants) {
        expect(token.aud).toContain(grant.audience);
        expect(answer.aud ?? token.aud).toContain(grant.audience);
        for (const scope of grant.scopes ?? ['everything']) expect(token.scope).toContain(scope);
        expect(grant.expirationSeconds).toBe(Math.min(token.seconds, answer.seconds));
      }
    });
    await fc.assert(property, { numRuns: 1000 });
    expect(permits).toBeGreaterThan(100);
  });
});
