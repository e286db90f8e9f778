import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { createTestKey, fixedClock } from '@mandate/testing';
import { type KeySetCache, type VerificationKey, createKeySetCache } from '../../src/index.js';

const ec = createTestKey('ES256');
const publicKey = createPublicKey({ key: ec.publicJwk, format: 'jwk' });
const namedKey = (kid: string): VerificationKey => ({ kid, algorithms: ['ES256'], key: publicKey });
const ES256 = 'ES256';
const PATIENT_MS = 60_000;

interface Setup {
  cache: KeySetCache;
  clock: ReturnType<typeof fixedClock>;
  /** How the next fetches end, by default the last one given. */
  next: (...answers: (VerificationKey[] | UpstreamError | Promise<VerificationKey[]>)[]) => void;
  fetches: () => number;
  kids: (kid: string) => Promise<(string | undefined)[]>;
}

function setUp(...kids: string[]): Setup {
  const clock = fixedClock();
  let answers: (VerificationKey[] | UpstreamError | Promise<VerificationKey[]>)[] = [kids.map(namedKey)];
  let count = 0;
  const fetch = (): Promise<VerificationKey[]> => {
    count++;
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    return answer instanceof UpstreamError ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const cache = createKeySetCache({ fetch, clock });
  return {
    cache,
    clock,
    next: (...nextAnswers) => void (answers = nextAnswers),
    fetches: () => count,
    kids: async (kid) => (await cache.candidates({ alg: ES256, kid })).map((key) => key.kid),
  };
}

const down = new UpstreamError('issuer_keys', 'unreachable');

describe('createKeySetCache', () => {
  it('fetches nothing before it is asked, then once for as long as the set is fresh', async () => {
    const { clock, fetches, kids } = setUp('a');
    expect(fetches()).toBe(0);
    expect(await kids('a')).toEqual(['a']);
    clock.advance(299);
    expect(await kids('a')).toEqual(['a']);
    expect(fetches()).toBe(1);
  });

  it('JW-01 K1 fetches once for 1,000 distinct unknown kids within the cooldown', async () => {
    const { clock, fetches, kids } = setUp('a');
    await kids('a');
    clock.advance(31);
    for (let index = 0; index < 1000; index++) {
      if (index % 100 === 0) clock.advance(2);
      expect(await kids(`unknown-${index}`)).toEqual([]);
    }
    expect(fetches()).toBe(2);
  });

  it('JW-03 knows a rotated key after exactly one fetch, even when 500 tokens arrive at once', async () => {
    const { clock, next, fetches, kids } = setUp('a');
    await kids('a');
    clock.advance(31);
    next([namedKey('a'), namedKey('b')]);
    const answers = await Promise.all(Array.from({ length: 500 }, () => kids('b')));
    expect(answers.every(([kid]) => kid === 'b')).toBe(true);
    expect(fetches()).toBe(2);
  });

  it('K1 K2 after a clock was set back by an hour knows a new key at once, and a removed one no longer after 300 s', async () => {
    const { clock, next, kids } = setUp('a', 'removed');
    await kids('a');
    clock.advance(-3600);
    next([namedKey('a')]);
    expect(await kids('removed')).toEqual(['removed']);
    clock.advance(300);
    expect(await kids('removed')).toEqual([]);
    clock.advance(-3600);
    next([namedKey('a'), namedKey('b')]);
    expect(await kids('b')).toEqual(['b']);
  });

  it('K3 after a clock was set back by an hour an issuer that was away is asked again at once', async () => {
    const { clock, next, kids } = setUp();
    next(down);
    await expect(kids('a')).rejects.toThrow(UpstreamError);
    clock.advance(-3600);
    next([namedKey('a')]);
    expect(await kids('a')).toEqual(['a']);
  });

  it('JW-04 accepts a new kid within the cooldown while unknown kids flood, asked for before or not', async () => {
    const { clock, next, fetches, kids } = setUp('a');
    await kids('a');
    clock.advance(31);
    expect(await kids('b')).toEqual([]);
    next([namedKey('a'), namedKey('b')]);
    let seconds = 0;
    while ((await kids('b')).length === 0) {
      await kids(`flood-${seconds}`);
      clock.advance(1);
      seconds++;
    }
    expect(seconds).toBeLessThanOrEqual(30);
    expect(fetches()).toBe(3);
  });

  it('K1 holds the cooldown when the fetch fails', async () => {
    const { clock, next, fetches, kids } = setUp('a');
    await kids('a');
    clock.advance(31);
    next(down);
    for (let index = 0; index < 50; index++) await expect(kids(`x${index}`)).rejects.toBe(down);
    expect(fetches()).toBe(2);
  });

  it('JW-06 takes new material under the same kid after the set has aged, and the old no more', async () => {
    const { cache, clock, next } = setUp('a');
    const replacement = createPublicKey({ key: createTestKey('ES256').publicJwk, format: 'jwk' });
    const key = async (): Promise<unknown> =>
      (await cache.candidates({ alg: ES256, kid: 'a' })).map((candidate) => candidate.key);
    expect(await key()).toEqual([publicKey]);
    next([{ kid: 'a', algorithms: [ES256], key: replacement }]);
    clock.advance(300);
    const candidates = await cache.candidates({ alg: ES256, kid: 'a' });
    expect(candidates).toHaveLength(1);
    expect(candidates[0]?.key.equals(replacement)).toBe(true);
  });

  it('K2 forgets a removed key once the set has aged', async () => {
    const { clock, next, kids } = setUp('a', 'b');
    expect(await kids('b')).toEqual(['b']);
    next([namedKey('a')]);
    clock.advance(300);
    expect(await kids('b')).toEqual([]);
  });

  it('K3 serves known kids for 24 hours while the issuer is down, says 503 for unknown ones, then for all', async () => {
    const { clock, next, kids } = setUp('a');
    await kids('a');
    next(down);
    clock.advance(3600);
    expect(await kids('a')).toEqual(['a']);
    await expect(kids('unknown')).rejects.toBe(down);
    clock.advance(86_400 - 3600);
    expect(await kids('a')).toEqual(['a']);
    clock.advance(1);
    await expect(kids('a')).rejects.toBe(down);
  });

  it('K3 says 503 while it is cold, asks again after a second, and recovers', async () => {
    const { cache, clock, next, fetches, kids } = setUp();
    next(down);
    await expect(kids('a')).rejects.toBe(down);
    expect(await cache.check(PATIENT_MS)).toBe(down);
    expect(fetches()).toBe(1);
    next([namedKey('a')]);
    clock.advance(1);
    expect(await cache.check(PATIENT_MS)).toBeUndefined();
    expect(await kids('a')).toEqual(['a']);
    expect(fetches()).toBe(2);
  });

  it('JW-12 does not wait for a hanging refresh beyond the cooldown, JW-13 nor lets it overwrite a newer set', async () => {
    const { clock, next, kids } = setUp('a');
    await kids('a');
    let answerLate: (keys: VerificationKey[]) => void = () => undefined;
    next(new Promise<VerificationKey[]>((resolve) => (answerLate = resolve)), [namedKey('b')]);
    clock.advance(31);
    const answer = kids('old');
    clock.advance(31);
    expect(await kids('b')).toEqual(['b']);
    answerLate([namedKey('old')]);
    expect(await answer).toEqual([]);
    expect(await kids('b')).toEqual(['b']);
  });

  it('JW-13 does not let an older failure hide a newer set', async () => {
    const { clock, next, kids } = setUp('a');
    await kids('a');
    let failLate: (error: UpstreamError) => void = () => undefined;
    next(new Promise<VerificationKey[]>((_resolve, reject) => (failLate = reject)), [namedKey('b')]);
    clock.advance(31);
    const answer = kids('old');
    clock.advance(31);
    expect(await kids('b')).toEqual(['b']);
    failLate(down);
    expect(await answer).toEqual([]);
  });

  it('waits once for an issuer that went away, then serves known keys while it hangs, and takes what it brings', async () => {
    const { clock, next, fetches, kids } = setUp('a');
    await kids('a');
    let answerLate: (keys: VerificationKey[]) => void = () => undefined;
    next(down, new Promise<VerificationKey[]>((resolve) => (answerLate = resolve)));
    clock.advance(300);
    expect(await kids('a')).toEqual(['a']);
    clock.advance(30);
    expect([await kids('a'), fetches()]).toEqual([['a'], 3]);
    answerLate([namedKey('b')]);
    await new Promise((resolve) => setImmediate(resolve));
    expect([await kids('b'), await kids('a')]).toEqual([['b'], []]);
  });

  it('tells a check that waits no longer that a first fetch hangs, and uses what it brings in the end', async () => {
    const { cache, next, fetches, kids } = setUp();
    let answerLate: (keys: VerificationKey[]) => void = () => undefined;
    next(new Promise<VerificationKey[]>((resolve) => (answerLate = resolve)));
    expect(await cache.check(1)).toMatchObject({ failure: 'timeout' });
    answerLate([namedKey('a')]);
    expect(await cache.check(PATIENT_MS)).toBeUndefined();
    expect([await kids('a'), fetches()]).toEqual([['a'], 1]);
  });

  it('tells a check that known keys cannot be fetched again, and looks itself whether they can', async () => {
    const { cache, clock, next, fetches, kids } = setUp('a');
    await kids('a');
    next(down);
    clock.advance(300);
    await kids('a');
    expect(await cache.check(PATIENT_MS)).toBe(down);
    next([namedKey('a')]);
    clock.advance(30);
    expect([await cache.check(PATIENT_MS), fetches()]).toEqual([undefined, 3]);
  });

  it('does not fetch for a known kid under an algorithm that its key does not have', async () => {
    const { cache, clock, fetches } = setUp('a');
    await cache.check(PATIENT_MS);
    clock.advance(31);
    expect(await cache.candidates({ alg: 'RS256', kid: 'a' })).toEqual([]);
    expect(fetches()).toBe(1);
  });
});
