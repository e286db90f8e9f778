import { describe, expect, it } from '@jest/globals';
import { UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { type Client, withClientCache } from '../../src/index.js';

const client = (clientId: string, scopes: string[] = []): Client => ({
  clientId,
  secrets: [{ value: 's' }],
  scopes,
  attributes: {},
});

/** A store that can be told to fail, behind a cache whose clock is moved by hand. */
function world(options: { staleSeconds?: number; maxEntries?: number } = {}) {
  const records = new Map<string, Client>([['a', client('a')]]);
  const state: { failure: UpstreamFailure | undefined; questions: string[]; now: number; ways: string[] } = {
    failure: undefined,
    questions: [],
    now: 0,
    ways: [],
  };
  const store = withClientCache(
    {
      async findClient(clientId) {
        state.questions.push(clientId);
        await Promise.resolve();
        if (state.failure !== undefined) throw new UpstreamError('clients:x', state.failure);
        return records.get(clientId);
      },
    },
    {
      seconds: 30,
      missingSeconds: 5,
      staleSeconds: 0,
      elapsedMs: () => state.now * 1000,
      onAnswer: (how) => void state.ways.push(how),
      ...options,
    },
  );
  const find = (id: string): Promise<unknown> =>
    store.findClient(id).then(
      (found) => found?.clientId,
      (error: unknown) => (error instanceof UpstreamError ? error.failure : error),
    );
  return { store, records, state, find };
}

describe('withClientCache', () => {
  it('asks once for as many as wait, and again when the life of the record is over', async () => {
    const { state, records, find } = world();
    await Promise.all(Array.from({ length: 200 }, () => find('a')));
    expect(state.questions).toEqual(['a']);
    records.delete('a');
    state.now = 29.9;
    expect(await find('a')).toBe('a');
    state.now = 30;
    expect([await find('a'), state.questions.length]).toEqual([undefined, 2]);
  });

  it('remembers nobody for a shorter time', async () => {
    const { state, records, find } = world();
    await find('b');
    records.set('b', client('b'));
    state.now = 4.9;
    expect(await find('b')).toBeUndefined();
    state.now = 5;
    expect(await find('b')).toBe('b');
  });

  it('remembers no failure', async () => {
    const { state, find } = world();
    state.failure = 'timeout';
    expect(await find('a')).toBe('timeout');
    state.failure = undefined;
    expect(await find('a')).toBe('a');
  });

  it.each(['unreachable', 'timeout', 'overloaded', 'refused'] as const)(
    'uses a record while the store is %s for as long as it is told to, and then no longer',
    async (failure) => {
      const { state, find } = world({ staleSeconds: 60 });
      await find('a');
      state.failure = failure;
      state.now = 89.9;
      expect([await find('a'), state.ways]).toEqual(['a', ['stale']]);
      state.now = 90;
      expect(await find('a')).toBe(failure);
    },
  );

  it('never lets a failure pass for nobody, though the store said so before', async () => {
    const { state, find } = world({ staleSeconds: 60 });
    expect(await find('b')).toBeUndefined();
    state.failure = 'unreachable';
    state.now = 6;
    expect(await find('b')).toBe('unreachable');
  });

  it('takes a record that became broken for that, and does not ask for it each time', async () => {
    const { state, find } = world({ staleSeconds: 600 });
    await find('a');
    state.failure = 'malformed';
    state.now = 31;
    expect([await find('a'), await find('a'), state.questions.length]).toEqual(['malformed', 'malformed', 2]);
  });

  it('keeps so many and no more, and nothing of ids that no record can have', async () => {
    const { state, find } = world({ maxEntries: 2 });
    for (const id of ['a', 'b', 'c', 'a']) await find(id);
    expect(state.questions).toEqual(['a', 'b', 'c', 'a']);
    for (const id of ['', 'x'.repeat(257), 'a\0']) expect(await find(id)).toBeUndefined();
    expect(state.questions).toHaveLength(4);
  });

  it('has a decoy from the first record on, the same for every id', async () => {
    const { store, records, find } = world();
    expect(store.decoyFor?.('x', 'secret')).toBeUndefined();
    await find('a');
    records.set('b', client('b'));
    await find('b');
    expect([store.decoyFor?.('x', 'secret')?.clientId, store.decoyFor?.('y', 'secret')?.clientId]).toEqual(['a', 'a']);
  });
});
