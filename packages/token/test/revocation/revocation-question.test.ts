import { describe, expect, it } from '@jest/globals';
import { TEST_START, createTestKey, fixedClock, signTestToken, withOtherSignature } from '@mandate/testing';
import {
  createMemoryRevocationStore,
  isRevoked,
  subjectIdClaim,
  subjectIdentityOf,
  type VerifiedToken,
  withRevocation,
} from '../../src/index.js';
import {
  ISSUER,
  claims,
  jwksOf,
  key,
  own,
  verdict,
  tokenOf,
  verifier,
  verifierFor,
  withClaims,
} from '../verifier-fixture.js';
import { revocationQuestionOf } from '../../src/revocation/revocation-question.js';

const parse = (names: readonly string[]): unknown[] => names.map((name) => JSON.parse(name) as unknown);

describe('revocationQuestionOf', () => {
  it('asks for the token, its ancestors, its grant, and the cut-offs of subject, client and every actor', async () => {
    const act = { sub: 'carol', act: { sub: 'bob', iss: 'https://users.example' } };
    const sub_id = { format: 'iss_sub', iss: 'https://users.example', sub: 'alice' };
    const members = { jti: 'c', anc: ['a', 'b'], authGrantId: 'g', client_id: 'app', act, sub_id };
    const token = await tokenOf(withClaims(members), own);
    const question = revocationQuestionOf(token);
    expect(parse(question.ids)).toEqual([token.id, 'a', 'b', 'g'].map((id) => ['token', id]));
    expect(parse(question.cutOffs)).toEqual([
      ['subject', 'at', ISSUER, 'alice'],
      ['subject', 'every issuer', 'alice'],
      ['subject', 'at', 'https://users.example', 'alice'],
      ['client', 'app'],
      ['actor', 'some issuer', 'carol'],
      ['actor', 'at', 'https://users.example', 'bob'],
      ['actor', 'every issuer', 'bob'],
    ]);
    expect(question.issuedAt).toBe(TEST_START);
  });

  it('names the subject by the pair: its issuer is that of the token unless `sub_id` says another', async () => {
    const question = revocationQuestionOf(await tokenOf(withClaims({ jti: 'a' }), own));
    expect(parse(question.cutOffs)).toEqual([
      ['subject', 'at', ISSUER, 'alice'],
      ['subject', 'every issuer', 'alice'],
    ]);
  });

  it('believes ancestors, grant and subject of every issuer: a forged one can only end its own token', async () => {
    const sub_id = { format: 'iss_sub', iss: 'https://users.example', sub: 'alice' };
    const token = withClaims({ jti: 'c', anc: ['a'], authGrantId: 'g', sub_id });
    expect(revocationQuestionOf(await tokenOf(token))).toEqual(revocationQuestionOf(await tokenOf(token, own)));
  });

  it.each([['x'], [{ a: 1 }], [[1, null, 'a']], [null]])('survives the lineage %j', async (anc) => {
    const token = await tokenOf(withClaims({ jti: 'c', anc, act: 'bob', authGrantId: 7 }), own);
    const { ids } = revocationQuestionOf(token);
    expect(parse(ids)).toEqual([['token', token.id], ...(Array.isArray(anc) ? [['token', 'a']] : [])]);
  });
});

describe('subjectIdentityOf', () => {
  const users = 'https://users.example';
  const sub_id = { format: 'iss_sub', iss: users, sub: 'alice' };
  const identityOf = (token: VerifiedToken) => subjectIdentityOf(token, 'alice');

  it('X7 reads whom our own token is about from `sub_id` (RFC 9493 section 3.2.3)', async () => {
    expect(identityOf(await tokenOf(withClaims({ sub_id }), own))).toEqual({ iss: users, sub: 'alice' });
    expect(subjectIdClaim(ISSUER, { iss: users, sub: 'alice' })).toEqual(sub_id);
    expect(subjectIdClaim(ISSUER, { iss: ISSUER, sub: 'alice' })).toBeUndefined();
  });

  it('believes no foreign issuer, no other format and no other subject', async () => {
    expect(identityOf(await tokenOf(withClaims({ sub_id })))).toEqual({ iss: ISSUER, sub: 'alice' });
    for (const subId of [
      { ...sub_id, format: 'opaque' },
      { ...sub_id, sub: 'bob' },
      { ...sub_id, iss: 1 },
      'alice',
      null,
    ]) {
      expect(identityOf(await tokenOf(withClaims({ sub_id: subId }), own))).toEqual({ iss: ISSUER, sub: 'alice' });
    }
  });
});

describe('revocation of verified tokens', () => {
  it('T9 a foreign issuer cannot choose the identifier of one of our tokens, nor of another issuer', async () => {
    const store = createMemoryRevocationStore({ clock: fixedClock() });
    const stranger = verifierFor({}, { issuer: 'https://b.example', jwks: jwksOf(key) });
    const ownToken = await tokenOf(withClaims({ jti: 'same' }), own);
    const foreign = await tokenOf(withClaims({ jti: 'same', iss: 'https://b.example' }), stranger);
    expect(ownToken.id).toMatch(/^sha256:[\w-]{43}$/);
    expect(foreign.id).not.toBe(ownToken.id);
    expect((await tokenOf(withClaims({ jti: 'same', sub: 'bob' }))).id).toBe(ownToken.id);
    await store.revoke([{ kind: 'token', id: foreign.id, expiresAt: TEST_START + 600 }]);
    expect([await isRevoked(store, [ownToken]), await isRevoked(store, [foreign])]).toEqual([false, true]);
  });

  it.each(['ES256', 'ES384', 'ES512'])(
    'T9 a token without jti that is revoked is revoked in the other spelling of its %s signature too',
    async (alg) => {
      const store = createMemoryRevocationStore({ clock: fixedClock() });
      const ecKey = createTestKey(alg);
      const ofKey = verifierFor({ jwks: jwksOf(ecKey) });
      const text = signTestToken(ecKey, claims);
      const other = withOtherSignature(text, alg);
      expect(other).not.toBe(text);
      const [token, otherToken] = [await tokenOf(text, ofKey), await tokenOf(other, ofKey)];
      await store.revoke([{ kind: 'token', id: token.id, expiresAt: TEST_START + 600 }]);
      expect([await isRevoked(store, [token]), await isRevoked(store, [otherToken])]).toEqual([true, true]);
      expect((await tokenOf(signTestToken(ecKey, { ...claims, sub: 'bob' }), ofKey)).id).not.toBe(token.id);
    },
  );

  it('refuses a revoked token where a verifier is told to, whatever its lineage', async () => {
    const store = createMemoryRevocationStore({ clock: fixedClock() });
    const strict = withRevocation(own, store);
    const child = withClaims({ jti: 'child', anc: ['root'] });
    expect(await verdict(child, strict)).toBe('ok');
    await store.revoke([{ kind: 'token', id: 'root', expiresAt: TEST_START + 600 }]);
    expect(await verdict(child, strict)).toBe('revoked');
    expect(await verdict(child, verifier)).toBe('ok');
    expect(await verdict(signTestToken(key, { ...claims, exp: 0 }), strict)).toBe('expired');
  });
});
