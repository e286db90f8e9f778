import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Delegation, DelegationQuery, DelegationStore } from '@mandate/delegations';
import { closeAfterEach } from '../close-after-each.js';
import type { OpenedStore } from './opened-store.js';

const ISSUER = 'https://mandate.example';
const COPIES = 50;

/** What every `DelegationStore` promises. `open` makes an empty one. */
export function describeDelegationStoreContract(name: string, open: () => Promise<OpenedStore<DelegationStore>>): void {
  describe(`DelegationStore contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let store: DelegationStore;
    let replica: DelegationStore;
    let now: OpenedStore<unknown>['now'];
    let elapse: OpenedStore<unknown>['elapse'];
    /** When the test began: a delegation is the same whenever it is made. */
    let created = 0;
    beforeEach(async () => {
      ({ store, replica, now, elapse } = closeLater(await open()));
      created = now();
    });
    const delegation = (id: string, members: Partial<Delegation> = {}): Delegation => {
      return {
        id,
        subject: { iss: ISSUER, sub: 'alice' },
        actor: { sub: 'bob' },
        clientId: 'app',
        scopes: ['read'],
        locations: ['https://images.example'],
        created,
        until: created + 600,
        used: 0,
        origin: 'ciba',
        ...members,
      };
    };

    it('finds what was recorded, at any replica, and nothing else', async () => {
      const record = delegation('a', { uses: 3, purpose: 'the ticket of today', actor: { clientId: 'agent' } });
      await store.record(record);
      expect(await replica.find('a')).toEqual(record);
      expect(await replica.find('A')).toBeUndefined();
    });

    it('reads, spends and ends a record with members of a later version', async () => {
      const record = delegation('a', { uses: 2 });
      const later = { subject: { ...record.subject, later: 1 }, actor: { sub: 'bob', later: [] }, later: { a: 'b' } };
      await store.record({ ...record, ...later });
      expect(await replica.find('a')).toMatchObject(record);
      expect((await replica.list({ clientId: 'app' })).delegations).toMatchObject([record]);
      expect(await replica.spend('a')).toBe('spent');
      await replica.end('a');
      expect(await store.find('a')).toMatchObject({ ...record, used: 1, ended: expect.any(Number) });
    });

    it('records a delegation once: writing it again takes nothing back, and lets it last longer', async () => {
      const until = delegation('a').until + 100;
      const recordAgain = () => replica.record(delegation('a', { uses: 9, until }));
      expect(await store.record(delegation('a', { uses: 1 }))).toBe('recorded');
      expect(await store.spend('a')).toBe('spent');
      expect(await recordAgain()).toBe('recorded');
      await store.end('a');
      expect(await recordAgain()).toBe('ended');
      expect(await store.spend('a')).toBe('ended');
      expect(await store.record(delegation('a'))).toBe('ended');
      expect(await store.find('a')).toMatchObject({ uses: 1, used: 1, until });
      const ofClient = async () => (await store.list({ clientId: 'app' })).delegations;
      expect(await ofClient()).toMatchObject([{ id: 'a', until }]);
    });

    it('lets as many uses be spent as were agreed, however many ask at once, at any replica', async () => {
      await store.record(delegation('a', { uses: 7 }));
      const stores = Array.from({ length: COPIES }, (_, copy) => (copy % 2 === 0 ? store : replica));
      const outcomes = await Promise.all(stores.map((one) => one.spend('a')));
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(7);
      expect(outcomes.filter((outcome) => outcome === 'used_up')).toHaveLength(COPIES - 7);
      expect(await store.find('a')).toMatchObject({ uses: 7, used: 7 });
    });

    it('counts uses without an end where none was agreed', async () => {
      await store.record(delegation('a'));
      for (let use = 0; use < 3; use++) expect(await store.spend('a')).toBe('spent');
      const { used, uses } = (await store.find('a')) ?? {};
      expect([used, uses]).toEqual([3, undefined]);
    });

    it('spends nothing of what it does not know', async () => {
      expect(await store.spend('nobody knows')).toBe('unknown');
    });

    it('ends a delegation once, and keeps it to be looked at', async () => {
      await store.record(delegation('a'));
      await store.end('a');
      const endedAt = (await replica.find('a'))?.ended;
      expect(endedAt).toBeGreaterThanOrEqual(delegation('a').created - 60);
      expect(await replica.spend('a')).toBe('ended');
      await elapse(2);
      await replica.end('a');
      expect((await store.find('a'))?.ended).toBe(endedAt);
      await store.end('nobody knows');
      expect(await store.find('nobody knows')).toBeUndefined();
    });

    it('forgets a delegation when its time is over', async () => {
      await store.record(delegation('short', { until: now() + 2 }));
      await store.record(delegation('long'));
      await store.record(delegation('over', { until: now() }));
      await elapse(3);
      expect(await store.spend('short')).toBe('unknown');
      expect([await store.find('short'), await store.find('over')]).toEqual([undefined, undefined]);
      const { delegations } = await store.list({ subject: { sub: 'alice' } });
      expect(delegations.map(({ id }) => id)).toEqual(['long']);
    });

    const lists: [string, DelegationQuery, string[]][] = [
      ['a subject at its issuer', { subject: { iss: ISSUER, sub: 'alice' } }, ['alice-bob', 'alice-agent']],
      ['a subject at any issuer', { subject: { sub: 'alice' } }, ['elsewhere', 'alice-bob', 'alice-agent']],
      ['an actor by name', { actor: { sub: 'bob' } }, ['elsewhere', 'carol-bob', 'alice-bob']],
      ['an actor at its issuer', { actor: { iss: ISSUER, sub: 'bob' } }, ['carol-bob']],
      ['a client that acts', { clientId: 'agent' }, ['alice-agent']],
      ['a client that has the tokens', { clientId: 'app' }, ['elsewhere', 'carol-bob', 'alice-bob', 'alice-agent']],
      ['nobody', { subject: { sub: 'bob' } }, []],
    ];
    it.each(lists)('lists those of %s, the ones that last longest first', async (_, query, expected) => {
      const until = (seconds: number): number => now() + seconds;
      await store.record(delegation('alice-agent', { actor: { clientId: 'agent' }, until: until(100) }));
      await store.record(delegation('alice-bob', { until: until(200) }));
      const carol = { iss: ISSUER, sub: 'carol' };
      await store.record(
        delegation('carol-bob', { subject: carol, actor: { iss: ISSUER, sub: 'bob' }, until: until(300) }),
      );
      const otherIdentity = { iss: 'https://users.example', sub: 'alice' };
      await replica.record(delegation('elsewhere', { subject: otherIdentity, until: until(400) }));
      const page = await replica.list(query);
      expect(page.delegations.map(({ id }) => id)).toEqual(expected);
      expect(page.cursor).toBeUndefined();
    });

    it('tells clients of one id apart by the issuer that names them, and reads what an earlier version has written', async () => {
      const elsewhere = 'https://clients.example';
      const agent = { actor: { clientId: 'app' }, clientId: 'agent' };
      await store.record(delegation('earlier'));
      await store.record(delegation('theirs', { clientIssuer: elsewhere, until: created + 500 }));
      await store.record(delegation('acting', { ...agent, until: created + 400 }));
      const idsOf = async (query: DelegationQuery) => (await replica.list(query)).delegations.map(({ id }) => id);
      expect(await idsOf({ clientId: 'app' })).toEqual(['earlier', 'acting']);
      expect(await idsOf({ clientId: 'app', clientIssuer: elsewhere })).toEqual(['theirs']);
      expect(await idsOf({ clientId: elsewhere })).toEqual([]);
      expect(await replica.find('theirs')).toMatchObject({ clientId: 'app', clientIssuer: elsewhere });
      expect(await replica.find('earlier')).not.toHaveProperty('clientIssuer');
    });

    it('lists pages that have every one once, also of those that end at the same time', async () => {
      const ids = Array.from({ length: 25 }, (_, index) => `d${index}`);
      await Promise.all(ids.map((id, index) => store.record(delegation(id, index < 5 ? { until: 9e9 + index } : {}))));
      const listedIds: string[] = [];
      const sizes: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await replica.list({ clientId: 'app' }, { limit: 10, cursor });
        listedIds.push(...page.delegations.map(({ id }) => id));
        sizes.push(page.delegations.length);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(sizes).toEqual([10, 10, 5]);
      expect(listedIds.slice(0, 5)).toEqual(['d4', 'd3', 'd2', 'd1', 'd0']);
      expect(listedIds.toSorted()).toEqual(ids.toSorted());
    });

    it('lists nothing after a cursor that is over or was never given', async () => {
      await store.record(delegation('a'));
      expect(await store.list({ clientId: 'app' }, { cursor: 'nobody knows' })).toEqual({ delegations: [] });
    });

    it.each(['__proto__', 'a\nb', '{x}', '*', '\u0000', '"', 'é', ''])(
      'takes the identifier %j as it stands',
      async (id) => {
        await store.record(delegation(id, { subject: { iss: ISSUER, sub: id } }));
        expect((await store.find(id))?.id).toBe(id);
        expect((await store.list({ subject: { sub: id } })).delegations).toHaveLength(1);
        expect(await store.find(`${id}.`)).toBeUndefined();
      },
    );
  });
}
