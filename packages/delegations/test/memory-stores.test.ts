import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import {
  describeBackchannelRequestStoreContract,
  describeDelegationStoreContract,
  describeRefreshTokenStoreContract,
  fixedClock,
  openMemoryStore,
} from '@mandate/testing';
import {
  createMemoryBackchannelRequestStore,
  createMemoryDelegationStore,
  createMemoryRefreshTokenStore,
} from '../src/index.js';

describeDelegationStoreContract('memory', () => openMemoryStore(createMemoryDelegationStore));
describeBackchannelRequestStoreContract('memory', () => openMemoryStore(createMemoryBackchannelRequestStore));
describeRefreshTokenStoreContract('memory', () => openMemoryStore(createMemoryRefreshTokenStore));

describe('a store in memory that is full', () => {
  const clock = fixedClock();
  const options = { clock, maxEntries: 1 };
  const later = (): number => clock() + 10;

  it('refuses a delegation, and has room again when one is over', async () => {
    const store = createMemoryDelegationStore(options);
    const record = (id: string) =>
      store.record({
        id,
        subject: { iss: 'https://mandate.example', sub: 'alice' },
        actor: { sub: 'bob' },
        clientId: 'app',
        scopes: [],
        locations: [],
        created: clock(),
        until: later(),
        used: 0,
        origin: 'ciba',
      });
    await record('a');
    await expect(record('b')).rejects.toThrow(UpstreamError);
    clock.advance(10);
    await record('b');
    expect(await store.find('b')).toBeDefined();
  });

  it('refuses a request, and has room again when one is forgotten or its answer fetched', async () => {
    const store = createMemoryBackchannelRequestStore(options);
    const add = (id: string) =>
      store.add(
        {
          id,
          decisionId: id,
          clientId: 'app',
          person: id,
          sub: id,
          scopes: [],
          resources: [],
          created: clock(),
          expiresAt: later(),
          interval: 5,
        },
        { maxOpen: 1, maxOpenOfClient: 1 },
      );
    await add('a');
    await expect(add('b')).rejects.toThrow(UpstreamError);
    clock.advance(10);
    await expect(add('b')).rejects.toThrow(UpstreamError);
    clock.advance(590);
    expect(await add('b')).toEqual({ kind: 'added' });
    await expect(add('c')).rejects.toThrow(UpstreamError);
    await store.decide('b', { approve: true, sub: 'b' });
    await expect(add('c')).rejects.toThrow(UpstreamError);
    expect(await store.poll('b', 'app')).toMatchObject({ kind: 'approved' });
    expect(await add('c')).toEqual({ kind: 'added' });
  });

  it('refuses a refresh token, uses none up that it could not follow, and has room again when one is over', async () => {
    const store = createMemoryRefreshTokenStore(options);
    const issue = (digest: string, grantId: string) =>
      store.issue({ digest, grantId, clientId: 'app', sub: 'alice', scopes: [], resources: [], expiresAt: later() });
    await issue('a', 'grant');
    await expect(issue('b', 'other')).rejects.toThrow(UpstreamError);
    await expect(store.rotate('a', 'app', { digest: 'c', expiresAt: later() })).rejects.toThrow(UpstreamError);
    expect(await store.find('a', 'app')).toBeDefined();
    clock.advance(10);
    await issue('b', 'other');
    expect(await store.find('b', 'app')).toBeDefined();
  });
});
