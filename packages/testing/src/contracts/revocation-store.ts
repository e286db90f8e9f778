import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Revocation, type RevocationStore, type VerifiedToken, isRevoked } from '@mandate/token';
import { closeAfterEach } from '../close-after-each.js';
import type { OpenedStore } from './opened-store.js';

const OWN = 'https://mandate.example';
const USERS = 'https://users.example';

/** A token of our own issuer, as the verifier tells it. */
function token(id: string, members: Partial<VerifiedToken> = {}): VerifiedToken {
  const trust = { own: true, mayAssertMayAct: true, mayAssertAct: true, allowIdTokens: false };
  return {
    claims: {},
    header: { alg: 'ES256' },
    kind: 'access_token',
    issuer: OWN,
    subject: `${id}-subject`,
    clientId: `${id}-client`,
    scopes: [],
    audience: [],
    expiresAt: 0,
    issuedAt: 0,
    id,
    trust,
    ...members,
  };
}

/** What every `RevocationStore` promises. `open` makes an empty one. */
export function describeRevocationStoreContract(name: string, open: () => Promise<OpenedStore<RevocationStore>>): void {
  describe(`RevocationStore contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let store: RevocationStore;
    let replica: RevocationStore;
    let now: OpenedStore<unknown>['now'];
    let elapse: OpenedStore<unknown>['elapse'];
    let expiresAt = 0;
    beforeEach(async () => {
      ({ store, replica, now, elapse } = closeLater(await open()));
      expiresAt = now() + 60;
    });
    const areRevoked = (...tokens: VerifiedToken[]): Promise<boolean> => isRevoked(replica, tokens);
    const revoke = (...revocations: Revocation[]): Promise<void> => store.revoke(revocations);

    it('revokes nothing until told, and answers nothing asked', async () => {
      expect(await areRevoked(token('a'))).toBe(false);
      expect(await areRevoked()).toBe(false);
    });

    it('ends a token by its identifier, and no other', async () => {
      await revoke({ kind: 'token', id: 'a', expiresAt });
      expect(await areRevoked(token('a'))).toBe(true);
      expect(await areRevoked(token('A'), token('a '), token(''))).toBe(false);
    });

    it('ends every descendant of a token, and none of its ancestors (docs/delegation.md section 6)', async () => {
      const root = token('root');
      const child = token('child', { claims: { anc: ['root'] } });
      const grandchild = token('grandchild', { claims: { anc: ['root', 'child'] } });
      await revoke({ kind: 'token', id: 'child', expiresAt });
      expect(await areRevoked(grandchild)).toBe(true);
      expect(await areRevoked(child)).toBe(true);
      expect(await areRevoked(root)).toBe(false);
      expect(await areRevoked(root, grandchild)).toBe(true);
    });

    it('ends a whole grant by its identifier', async () => {
      const members = { claims: { authGrantId: 'grant' } };
      await revoke({ kind: 'token', id: 'grant', expiresAt });
      expect(await areRevoked(token('a', members))).toBe(true);
      expect(await areRevoked(token('b'))).toBe(false);
    });

    it('ends what a subject, a client or an actor had before a cut-off, and nothing issued since', async () => {
      const before = now();
      const bob = { iss: USERS, sub: 'bob' };
      await revoke(
        { kind: 'subject', identity: { iss: OWN, sub: 'alice' }, before, expiresAt },
        { kind: 'client', clientId: 'app', before, expiresAt },
        { kind: 'actor', identity: bob, before, expiresAt },
      );
      for (const members of [{ subject: 'alice' }, { clientId: 'app' }, { claims: { act: { sub: 'x', act: bob } } }]) {
        expect(await areRevoked(token('a', { ...members, issuedAt: before - 1 }))).toBe(true);
        expect(await areRevoked(token('a', { ...members, issuedAt: before }))).toBe(false);
        expect(await areRevoked(token('a', { ...members, issuedAt: undefined }))).toBe(true);
      }
      expect(await areRevoked(token('a', { subject: 'bob' }), token('b', { subject: 'app' }))).toBe(false);
    });

    it('tells the same name at two issuers apart, and counts a name without issuer as either (X7)', async () => {
      const before = now();
      await revoke({ kind: 'actor', identity: { iss: USERS, sub: 'bob' }, before, expiresAt });
      const actedBy = (act: VerifiedToken['claims']): VerifiedToken => token('a', { claims: { act } });
      expect(await areRevoked(actedBy({ iss: USERS, sub: 'bob' }))).toBe(true);
      expect(await areRevoked(actedBy({ iss: OWN, sub: 'bob' }))).toBe(false);
      expect(await areRevoked(actedBy({ sub: 'bob' }))).toBe(true);
      await revoke({ kind: 'actor', identity: { sub: 'bob' }, before, expiresAt });
      expect(await areRevoked(actedBy({ iss: OWN, sub: 'bob' }))).toBe(true);
    });

    it('keeps the later of two cut-offs and of two expiries, in any order', async () => {
      const cutOff = { kind: 'client', clientId: 'app', expiresAt } as const;
      await revoke({ ...cutOff, before: now() });
      await revoke({ ...cutOff, before: now() - 100, expiresAt: now() + 1 });
      await elapse(2);
      expect(await areRevoked(token('a', { clientId: 'app', issuedAt: now() - 50 }))).toBe(true);
    });

    it('drops an entry when the last token it could end has expired', async () => {
      await revoke({ kind: 'token', id: 'a', expiresAt: now() + 3 }, { kind: 'token', id: 'b', expiresAt: now() });
      expect(await areRevoked(token('a'))).toBe(true);
      expect(await areRevoked(token('b'))).toBe(false);
      await elapse(4);
      expect(await areRevoked(token('a'))).toBe(false);
    });

    it.each(['__proto__', 'a\nb', '{x}', '*', '\u0000', '"', 'é', '5000 letters'])(
      'takes the identifier %j as it stands',
      async (kind) => {
        const id = kind === '5000 letters' ? 'x'.repeat(5000) : kind;
        await revoke({ kind: 'token', id, expiresAt: expiresAt + 0.5 });
        expect(await areRevoked(token(id))).toBe(true);
        expect(await areRevoked(token(`${id}.`))).toBe(false);
      },
    );

    it('keeps every one of many revocations made at once', async () => {
      const ids = Array.from({ length: 50 }, (_, index) => `t${index}`);
      await Promise.all(ids.map((id) => revoke({ kind: 'token', id, expiresAt })));
      expect(await Promise.all(ids.map((id) => areRevoked(token(id))))).toEqual(ids.map(() => true));
    });
  });
}
