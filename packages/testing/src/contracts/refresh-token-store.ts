import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RefreshToken, RefreshTokenStore } from '@mandate/delegations';
import { closeAfterEach } from '../close-after-each.js';
import type { OpenedStore } from './opened-store.js';

type Opened = OpenedStore<RefreshTokenStore>;
const COPIES = 50;

/** What every `RefreshTokenStore` promises. `open` makes an empty one. */
export function describeRefreshTokenStoreContract(name: string, open: () => Promise<Opened>): void {
  describe(`RefreshTokenStore contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let store: RefreshTokenStore;
    let replica: RefreshTokenStore;
    let now: OpenedStore<unknown>['now'];
    let elapse: OpenedStore<unknown>['elapse'];
    /** When the test began: a token is the same whenever it is made. */
    let start = 0;
    beforeEach(async () => {
      ({ store, replica, now, elapse } = closeLater(await open()));
      start = now();
    });
    const token = (digest: string, members: Partial<RefreshToken> = {}): RefreshToken => ({
      digest,
      grantId: 'grant',
      clientId: 'app',
      sub: 'alice',
      scopes: ['openid', 'read'],
      resources: ['https://images.example'],
      expiresAt: start + 600,
      ...members,
    });
    const next = (digest: string): Pick<RefreshToken, 'digest' | 'expiresAt'> => ({
      digest,
      expiresAt: token(digest).expiresAt,
    });

    it('rotates a token into the next, with what it stands for, at any replica', async () => {
      const agreement = { actor: { clientId: 'agent' }, scopes: ['read'], locations: ['images'], until: 9e9 };
      const firstToken = token('a', { agreement, acr: 'high', amr: ['otp'], authTime: 7 });
      await store.issue(firstToken);
      expect(await replica.find('a', 'app')).toEqual(firstToken);
      const secondToken = { ...firstToken, ...next('b') };
      expect(await replica.rotate('a', 'app', next('b'))).toEqual({ kind: 'rotated', token: secondToken });
      expect(await store.find('b', 'app')).toEqual(secondToken);
      expect(await store.find('a', 'app')).toBeUndefined();
      expect(await store.rotate('b', 'app', next('c'))).toMatchObject({ kind: 'rotated', token: { digest: 'c' } });
    });

    it('keeps members of a later version through a rotation, of the token and of its agreement', async () => {
      const agreement = { actor: { clientId: 'agent' }, scopes: ['read'], locations: ['images'], later: ['x'] };
      const firstToken = { ...token('a', { agreement }), later: { a: 'b' } };
      await store.issue(firstToken);
      expect(await replica.find('a', 'app')).toMatchObject(token('a'));
      expect(await replica.rotate('a', 'app', next('b'))).toMatchObject({ kind: 'rotated' });
      expect(await store.find('b', 'app')).toEqual({ ...firstToken, ...next('b') });
    });

    it('tells that a token was used twice, and nothing of the delegation is good after (RFC 9700 section 4.14.2)', async () => {
      await store.issue(token('a'));
      await store.rotate('a', 'app', next('b'));
      expect(await replica.rotate('a', 'app', next('c'))).toEqual({ kind: 'reused', grantId: 'grant' });
      expect(await store.find('b', 'app')).toBeUndefined();
      // and again, so that an end that failed is made up for
      expect(await store.rotate('b', 'app', next('d'))).toEqual({ kind: 'reused', grantId: 'grant' });
      await store.end('grant');
      expect(await store.rotate('b', 'app', next('e'))).toEqual({ kind: 'unknown' });
    });

    it('takes a rotation back that nobody was told of, and not one that was followed by another', async () => {
      await store.issue(token('a'));
      await store.rotate('a', 'app', next('b'));
      await replica.takeBack('grant', { from: 'b', to: 'a' });
      expect(await store.find('a', 'app')).toEqual(token('a'));
      expect(await store.find('b', 'app')).toBeUndefined();
      expect(await store.rotate('b', 'app', next('x'))).toEqual({ kind: 'unknown' });
      expect(await store.rotate('a', 'app', next('c'))).toMatchObject({ kind: 'rotated' });
      await store.takeBack('grant', { from: 'b', to: 'a' });
      expect(await store.rotate('c', 'app', next('d'))).toMatchObject({ kind: 'rotated' });
    });

    it('takes nothing back of a delegation whose token was used twice, or that is over', async () => {
      await store.issue(token('a'));
      await store.rotate('a', 'app', next('b'));
      await store.rotate('a', 'app', next('c'));
      for (const from of ['b', 'c']) await store.takeBack('grant', { from, to: 'a' });
      expect(await store.rotate('a', 'app', next('d'))).toEqual({ kind: 'reused', grantId: 'grant' });
      await store.end('grant');
      for (const from of ['b', 'c']) await store.takeBack('grant', { from, to: 'a' });
      await store.takeBack('nobody knows', { from: 'b', to: 'a' });
      expect(await store.find('a', 'app')).toBeUndefined();
      expect(await store.rotate('a', 'app', next('d'))).toEqual({ kind: 'unknown' });
    });

    it('rotates a token for one of many that use it at once', async () => {
      await store.issue(token('a'));
      const outcomes = await Promise.all(
        Array.from({ length: COPIES }, (_, copy) =>
          (copy % 2 === 0 ? store : replica).rotate('a', 'app', next(`b${copy}`)),
        ),
      );
      expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'reused')).toHaveLength(COPIES - 1);
      for (let copy = 0; copy < COPIES; copy++) expect(await store.find(`b${copy}`, 'app')).toBeUndefined();
    });

    it('knows a token for its client alone, and is not told by another that it was used', async () => {
      await store.issue(token('a'));
      expect(await store.find('a', 'other')).toBeUndefined();
      expect(await store.rotate('a', 'other', next('b'))).toEqual({ kind: 'unknown' });
      await store.rotate('a', 'app', next('b'));
      expect(await store.rotate('a', 'other', next('c'))).toEqual({ kind: 'unknown' });
      expect(await store.rotate('b', 'app', next('d'))).toMatchObject({ kind: 'rotated' });
      expect(await store.rotate('nobody knows', 'app', next('e'))).toEqual({ kind: 'unknown' });
    });

    it('ends the tokens of a delegation, and of no other', async () => {
      await store.issue(token('a'));
      await store.issue(token('b', { grantId: 'other' }));
      await replica.end('grant');
      await replica.end('nobody knows');
      expect(await store.find('a', 'app')).toBeUndefined();
      expect(await store.rotate('a', 'app', next('c'))).toEqual({ kind: 'unknown' });
      expect(await store.find('b', 'app')).toMatchObject({ grantId: 'other' });
    });

    it('forgets a token when its time is over', async () => {
      await store.issue(token('a', { expiresAt: now() + 2 }));
      await elapse(3);
      expect(await store.find('a', 'app')).toBeUndefined();
      expect(await store.rotate('a', 'app', next('b'))).toEqual({ kind: 'unknown' });
    });

    it.each(['__proto__', 'a\nb', '{x}', '*', '\u0000', '"', 'é'])('takes the names %j as they stand', async (text) => {
      await store.issue(token(text, { grantId: text, clientId: text }));
      expect(await store.rotate(text, text, next(`${text}.`))).toMatchObject({ kind: 'rotated' });
      await store.end(text);
      expect(await store.find(`${text}.`, text)).toBeUndefined();
    });
  });
}
