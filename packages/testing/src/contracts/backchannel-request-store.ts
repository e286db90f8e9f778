import { beforeEach, describe, expect, it } from '@jest/globals';
import type {
  BackchannelDecision,
  BackchannelRequest,
  BackchannelRequestStore,
  OpenRequestLimits,
} from '@mandate/delegations';
import { closeAfterEach } from '../close-after-each.js';
import type { OpenedStore } from './opened-store.js';

type Opened = OpenedStore<BackchannelRequestStore>;
const COPIES = 50;
const LIMITS = { maxOpen: 3, maxOpenOfClient: 3 };

/** What every `BackchannelRequestStore` promises. `open` makes an empty one. */
export function describeBackchannelRequestStoreContract(name: string, open: () => Promise<Opened>): void {
  describe(`BackchannelRequestStore contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let store: BackchannelRequestStore;
    let replica: BackchannelRequestStore;
    let now: OpenedStore<unknown>['now'];
    let elapse: OpenedStore<unknown>['elapse'];
    beforeEach(async () => {
      ({ store, replica, now, elapse } = closeLater(await open()));
    });
    const ofNobody = (id: string): BackchannelRequest => {
      const created = now();
      return {
        id,
        decisionId: `decision-${id}`,
        clientId: 'app',
        person: 'nobody we know',
        scopes: ['openid', 'read'],
        resources: [],
        created,
        expiresAt: created + 120,
        interval: 5,
      };
    };
    const request = (id: string, members: Partial<BackchannelRequest> = {}): BackchannelRequest => ({
      ...ofNobody(id),
      person: 'alice',
      sub: 'alice',
      ...members,
    });
    const yes: BackchannelDecision = { approve: true, sub: 'alice', acr: 'high', amr: ['pwd', 'otp'], authTime: 7 };

    it('keeps a request as it was added, for any replica', async () => {
      const agreement = {
        actor: { sub: 'bob' },
        scopes: ['read'],
        locations: ['images'],
        uses: 2,
        purpose: 'one look',
      };
      const ping = { notificationToken: 'n', authReqId: 'i' };
      const entry = request('a', { agreement, bindingMessage: 'W4SCT', resources: ['r'], ...ping });
      expect(await store.add(entry, LIMITS)).toEqual({ kind: 'added' });
      expect(await replica.findByDecisionId('decision-a')).toEqual(entry);
      expect(await replica.findByDecisionId('a')).toBeUndefined();
    });

    it('answers a request and a decision with members of a later version', async () => {
      const agreement = { actor: { sub: 'bob' }, scopes: ['read'], locations: ['images'] };
      const entry = request('a', { agreement });
      const decision = { ...yes, later: true };
      const later = { agreement: { ...agreement, later: 1 }, later: { a: 'b' } };
      await store.add({ ...entry, ...later }, LIMITS);
      expect(await replica.findByDecisionId('decision-a')).toMatchObject(entry);
      expect(await replica.decide('decision-a', decision)).toBe('decided');
      const answer = { kind: 'approved', request: { ...entry, agreement: later.agreement }, decision: yes };
      expect(await replica.poll('a', 'app')).toMatchObject(answer);
    });

    it('answers an approved request once, with what was decided, and never again', async () => {
      const entry = request('a');
      await store.add(entry, LIMITS);
      expect(await store.poll('a', 'app')).toEqual({ kind: 'pending', interval: 5 });
      expect(await replica.decide('decision-a', yes)).toBe('decided');
      expect(await store.poll('a', 'app')).toEqual({ kind: 'approved', request: entry, decision: yes });
      expect(await replica.poll('a', 'app')).toEqual({ kind: 'unknown' });
      expect(await store.decide('decision-a', yes)).toBe('unknown');
      expect(await store.findByDecisionId('decision-a')).toBeUndefined();
    });

    it('answers an approved request again where that attempt is taken back, and where another is not', async () => {
      const entry = request('a');
      await store.add(entry, LIMITS);
      await store.takeBack('a', 'first');
      await store.decide('decision-a', yes);
      const answer = { kind: 'approved', request: entry, decision: yes };
      expect(await store.poll('a', 'app', 'first')).toEqual(answer);
      await replica.takeBack('a', 'second');
      expect(await replica.poll('a', 'app', 'second')).toEqual({ kind: 'unknown' });
      await replica.takeBack('a', 'first');
      expect(await store.decide('decision-a', yes)).toBe('decided_before');
      expect(await store.poll('a', 'other', 'third')).toEqual({ kind: 'unknown' });
      expect(await replica.poll('a', 'app', 'third')).toEqual(answer);
      await store.takeBack('a', 'first');
      await store.takeBack('nobody knows', 'third');
      expect(await store.poll('a', 'app')).toEqual({ kind: 'unknown' });
      expect(await replica.findByDecisionId('decision-a')).toBeUndefined();
    });

    it('takes no answer back that is not a yes: a request is as it was', async () => {
      await store.add(request('a', { expiresAt: now() + 4 }), LIMITS);
      expect(await store.poll('a', 'app', 'first')).toMatchObject({ kind: 'pending' });
      await store.takeBack('a', 'first');
      await store.decide('decision-a', yes);
      expect(await store.poll('a', 'app', 'second')).toMatchObject({ kind: 'approved' });
      await store.takeBack('a', 'second');
      await elapse(5);
      expect(await store.poll('a', 'app', 'third')).toEqual({ kind: 'expired' });
    });

    it('answers an approved request to one of many that poll at once', async () => {
      await store.add(request('a'), LIMITS);
      await store.decide('decision-a', yes);
      const stores = Array.from({ length: COPIES }, (_, copy) => (copy % 2 === 0 ? store : replica));
      const kinds = (await Promise.all(stores.map((one) => one.poll('a', 'app')))).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'approved')).toHaveLength(1);
      expect(kinds.filter((kind) => kind === 'unknown')).toHaveLength(COPIES - 1);
    });

    it('takes one decision of many at once, and that one stands', async () => {
      await store.add(request('a'), LIMITS);
      const outcomes = await Promise.all(
        Array.from({ length: COPIES }, (_, copy) =>
          (copy % 2 === 0 ? store : replica).decide('decision-a', { ...yes, approve: false }),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'decided')).toHaveLength(1);
      expect(await store.decide('decision-a', yes)).toBe('decided_before');
      expect(await store.poll('a', 'app')).toEqual({ kind: 'denied' });
      expect(await store.poll('a', 'app')).toEqual({ kind: 'denied' });
    });

    it('takes no decision of another person, nor for one that nobody knows', async () => {
      await store.add(request('a'), LIMITS);
      await store.add(ofNobody('b'), LIMITS);
      expect(await store.decide('decision-a', { ...yes, sub: 'Alice' })).toBe('other_person');
      expect(await store.decide('decision-b', { ...yes, sub: 'nobody we know' })).toBe('other_person');
      expect(await store.decide('decision-c', yes)).toBe('unknown');
      expect(await store.poll('a', 'app')).toMatchObject({ kind: 'pending' });
    });

    it('says that a request has expired, and takes no decision after', async () => {
      await store.add(request('a', { expiresAt: now() + 4 }), LIMITS);
      await store.add(request('b', { expiresAt: now() + 4 }), LIMITS);
      await store.decide('decision-b', yes);
      await elapse(5);
      expect(await store.decide('decision-a', yes)).toBe('expired');
      expect(await store.poll('a', 'app')).toEqual({ kind: 'expired' });
      expect(await store.poll('b', 'app')).toEqual({ kind: 'expired' });
    });

    it('knows a request for its client alone', async () => {
      await store.add(request('a'), LIMITS);
      await store.decide('decision-a', yes);
      expect(await store.poll('a', 'other')).toEqual({ kind: 'unknown' });
      expect(await store.poll('nobody knows', 'app')).toEqual({ kind: 'unknown' });
      expect(await store.poll('a', 'app')).toMatchObject({ kind: 'approved' });
    });

    it('slows down who polls too early, for good (CIBA Core section 11)', async () => {
      await store.add(request('a', { interval: 3 }), LIMITS);
      expect(await store.poll('a', 'app')).toEqual({ kind: 'pending', interval: 3 });
      expect(await replica.poll('a', 'app')).toEqual({ kind: 'slow_down', interval: 8 });
      expect(await store.poll('a', 'app')).toEqual({ kind: 'slow_down', interval: 13 });
      await elapse(2);
      expect(await store.poll('a', 'app')).toEqual({ kind: 'slow_down', interval: 18 });
      await store.add(request('b', { interval: 3 }), LIMITS);
      await store.poll('b', 'app');
      await elapse(4);
      expect(await store.poll('b', 'app')).toEqual({ kind: 'pending', interval: 3 });
    });

    it('answers an approval to who polls too early as well: waiting longer would help nobody', async () => {
      await store.add(request('a'), LIMITS);
      await store.poll('a', 'app');
      await store.decide('decision-a', yes);
      expect(await store.poll('a', 'app')).toMatchObject({ kind: 'approved' });
    });

    /** What came of it, without the time. */
    const added = async (entry: BackchannelRequest, limits: OpenRequestLimits = LIMITS) =>
      (await replica.add(entry, limits)).kind;
    /** Asked so long ago that a request without a yes keeps its place for two seconds more. */
    const soonFree = () => ({ created: now() - 598, expiresAt: now() + 2 });

    it('P2 asks nobody more often than the limit says: whoever has said no or nothing is asked again no sooner', async () => {
      expect([await added(request('a')), await added(request('b', soonFree())), await added(request('c'))]).toEqual(
        Array(3).fill('added'),
      );
      expect(await added(request('d'))).toBe('too_many');
      expect(await store.findByDecisionId('decision-d')).toBeUndefined();
      expect(await added(request('e', { person: 'bob', sub: 'bob' }))).toBe('added');
      await store.decide('decision-a', { ...yes, approve: false });
      expect(await added(request('f'))).toBe('too_many');
      await elapse(3);
      expect([await added(request('g')), await added(request('h'))]).toEqual(['added', 'too_many']);
    });

    it('P2 a short expiry gives no place back sooner, and a long one none before', async () => {
      const limits = { maxOpen: 2, maxOpenOfClient: 2 };
      const start = now();
      await added(request('short', { expiresAt: start + 2 }), limits);
      await added(request('long', { created: start - 599, expiresAt: start + 60 }), limits);
      await elapse(3);
      expect(await replica.add(request('a'), limits)).toEqual({ kind: 'too_many', freeAt: start + 60 });
    });

    it('gives a place back to a yes alone, and at once', async () => {
      const limits = { maxOpen: 1, maxOpenOfClient: 1 };
      expect([await added(request('a'), limits), await added(request('b'), limits)]).toEqual(['added', 'too_many']);
      await store.decide('decision-a', yes);
      expect([await added(request('c'), limits), await added(request('d'), limits)]).toEqual(['added', 'too_many']);
    });

    it('tells when there is a place again: the first of the person, and of the client', async () => {
      const start = now();
      const waiting = (id: string, seconds: number, clientId = 'app') =>
        request(id, { clientId, expiresAt: start + seconds });
      const limits = { maxOpen: 3, maxOpenOfClient: 2 };
      await replica.add(waiting('a', 800), limits);
      await replica.add(waiting('b', 700), limits);
      expect(await replica.add(waiting('c', 120), limits)).toEqual({ kind: 'too_many', freeAt: start + 700 });
      await replica.add(waiting('d', 900, 'other'), limits);
      expect(await replica.add(waiting('e', 120, 'third'), limits)).toEqual({ kind: 'too_many', freeAt: start + 700 });
      const lowered = { maxOpen: 1, maxOpenOfClient: 1 };
      expect(await replica.add(waiting('f', 120), lowered)).toEqual({ kind: 'too_many', freeAt: start + 900 });
    });

    it('leaves places to other clients, and one again where a request of the client is granted or removed', async () => {
      const limits = { maxOpen: 4, maxOpenOfClient: 2 };
      const add = (id: string, clientId = 'app', members: Partial<BackchannelRequest> = {}) =>
        added(request(id, { clientId, ...members }), limits);
      expect([await add('a'), await add('b'), await add('c')]).toEqual(['added', 'added', 'too_many']);
      expect(await add('d', 'other', soonFree())).toBe('added');
      await store.decide('decision-a', yes);
      expect([await add('e'), await add('f')]).toEqual(['added', 'too_many']);
      await store.remove('decision-b');
      expect([await add('g'), await add('h')]).toEqual(['added', 'too_many']);
      expect([await add('i', 'other'), await add('j', 'third')]).toEqual(['added', 'too_many']);
      await elapse(3);
      expect([await add('k', 'other'), await add('l', 'other')]).toEqual(['added', 'too_many']);
    });

    it('counts as one, however many ask at once', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: COPIES }, (_, copy) =>
          (copy % 2 === 0 ? store : replica).add(request(`r${copy}`), LIMITS),
        ),
      );
      expect(outcomes.filter(({ kind }) => kind === 'added')).toHaveLength(3);
    });

    it('forgets a request that could not be shown, and does not count it', async () => {
      const limits = { maxOpen: 1, maxOpenOfClient: 1 };
      await added(request('a'), limits);
      await replica.remove('decision-a');
      await replica.remove('nobody knows');
      expect(await store.findByDecisionId('decision-a')).toBeUndefined();
      expect(await store.poll('a', 'app')).toEqual({ kind: 'unknown' });
      expect(await added(request('b'), limits)).toBe('added');
    });

    it.each(['__proto__', 'a\nb', '{x}', '*', '\u0000', '"', 'é'])('takes the names %j as they stand', async (text) => {
      await store.add(request(text, { decisionId: text, clientId: text, person: text, sub: text }), LIMITS);
      expect(await store.decide(text, { approve: true, sub: text })).toBe('decided');
      expect(await store.poll(text, text)).toMatchObject({ kind: 'approved', decision: { approve: true, sub: text } });
    });
  });
}
