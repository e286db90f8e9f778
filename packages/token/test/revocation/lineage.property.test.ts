import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TEST_START, signTestToken } from '@mandate/testing';
import {
  type TokenVerifier,
  type TrustedIssuerRecord,
  type VerifiedToken,
  ancestorsOf,
  createMemoryRevocationStore,
  grantIdOf,
  isRevoked,
} from '../../src/index.js';
import { ISSUER, key, verifierFor } from '../verifier-fixture.js';
import { revocationQuestionOf } from '../../src/revocation/revocation-question.js';

const identifier = fc.oneof(fc.constantFrom('a', 'b', 'a\nb', ''), fc.string(), fc.uuid());
const name = fc.constantFrom('alice', 'bob', 'carol');
const issuerName = fc.constantFrom(ISSUER, 'https://users.example', 'https://b.example');

/** Whatever a record may say of an issuer, but where its keys are. */
const terms: fc.Arbitrary<Partial<TrustedIssuerRecord>> = fc.record(
  {
    own: fc.boolean(),
    requireAccessTokenType: fc.boolean(),
    allowIdTokens: fc.boolean(),
    mayAssertMayAct: fc.boolean(),
    mayAssertAct: fc.boolean(),
    maxLifetimeSeconds: fc.integer({ min: 600, max: 90_000 }),
    audience: fc.constantFrom(['api'], ['api', 'other']),
    algorithms: fc.constantFrom(['ES256'], ['ES256', 'RS256']),
    tokens: fc.constantFrom('access' as const, 'id' as const),
  },
  { requiredKeys: [] },
);

/** Whatever a token may say of where it comes from and whom it is about. */
const lineage = fc.record(
  {
    jti: fc.option(
      fc.oneof(
        identifier.filter((text) => text !== ''),
        fc.constant('j'),
      ),
    ),
    sub: name,
    client_id: name,
    iat: fc.double({ min: TEST_START - 100, max: TEST_START, noNaN: true }),
    anc: fc.oneof(fc.array(identifier), fc.array(fc.oneof(identifier, fc.integer())), fc.jsonValue()),
    authGrantId: fc.oneof(identifier, fc.integer(), fc.constant(null)),
    act: fc.oneof(fc.record({ sub: name, iss: issuerName }), fc.record({ sub: name }), fc.constant('bob')),
    sub_id: fc.oneof(
      fc.record({ format: fc.constantFrom('iss_sub', 'opaque'), iss: issuerName, sub: name }),
      fc.jsonValue(),
    ),
  },
  { requiredKeys: [] },
);

async function tokenOf(token: string, by: TokenVerifier): Promise<VerifiedToken> {
  const result = await by.verify(token);
  if (!result.ok) throw new Error(result.reason);
  return result.token;
}

const identifiersOf = (token: VerifiedToken): unknown => ({
  id: token.id,
  ancestors: ancestorsOf(token),
  grant: grantIdOf(token),
  question: revocationQuestionOf(token),
});

describe('lineage', () => {
  it('is read alike by any two services that accept the token, whatever each is told of its issuer', async () => {
    await fc.assert(
      fc.asyncProperty(terms, terms, lineage, async (one, other, claims) => {
        const token = signTestToken(key, { iss: ISSUER, aud: 'api', exp: TEST_START + 600, ...claims });
        const [a, b] = await Promise.all([tokenOf(token, verifierFor(one)), tokenOf(token, verifierFor(other))]);
        expect(identifiersOf(a)).toEqual(identifiersOf(b));
      }),
      { numRuns: 200 },
    );
  });

  it('ends a derived token wherever the root is revoked, whatever each service is told of the issuers', async () => {
    await fc.assert(
      fc.asyncProperty(terms, terms, terms, async (termsOfRevocation, termsOfExchange, termsOfQuestion) => {
        const common = { iss: ISSUER, aud: 'api', exp: TEST_START + 600, sub: 'alice' };
        const root = signTestToken(key, { ...common, jti: 'root' });
        const anc = [(await tokenOf(root, verifierFor(termsOfExchange))).id];
        const derivedToken = signTestToken(key, { ...common, jti: 'derived', anc });
        const store = createMemoryRevocationStore({ clock: () => TEST_START });
        const { id } = await tokenOf(root, verifierFor(termsOfRevocation));
        await store.revoke([{ kind: 'token', id, expiresAt: TEST_START + 600 }]);
        expect(await isRevoked(store, [await tokenOf(derivedToken, verifierFor(termsOfQuestion))])).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('gives no two pairs of issuer and jti one identifier', async () => {
    const pair = fc.tuple(
      fc.constantFrom('a', 'a\n', 'a\nb', '["a"', 'a","b'),
      identifier.filter((text) => text !== ''),
    );
    await fc.assert(
      fc.asyncProperty(pair, pair, async ([iss, jti], [otherIss, otherJti]) => {
        const idOf = async (issuer: string, jwtId: string): Promise<string> => {
          const token = signTestToken(key, { iss: issuer, jti: jwtId, exp: TEST_START + 60 });
          return (await tokenOf(token, verifierFor({ issuer }))).id;
        };
        const isSame = iss === otherIss && jti === otherJti;
        expect((await idOf(iss, jti)) === (await idOf(otherIss, otherJti))).toBe(isSame);
      }),
      { numRuns: 100 },
    );
  });
});
