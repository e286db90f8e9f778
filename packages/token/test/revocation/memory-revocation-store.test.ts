import { describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { describeRevocationStoreContract, fixedClock, openMemoryStore } from '@mandate/testing';
import { createMemoryRevocationStore } from '../../src/index.js';

describeRevocationStoreContract('memory', () => openMemoryStore(createMemoryRevocationStore));

describe('createMemoryRevocationStore', () => {
  it('refuses to revoke when it is full, and has room again when entries expire', async () => {
    const clock = fixedClock();
    const store = createMemoryRevocationStore({ clock, maxEntries: 2 });
    const revoke = (id: string) => store.revoke([{ kind: 'token', id, expiresAt: clock() + 10 }]);
    await revoke('a');
    await revoke('b');
    await expect(revoke('c')).rejects.toThrow(UpstreamError);
    const isRevoked = (id: string) =>
      store.isAnyRevoked([{ ids: [JSON.stringify(['token', id])], cutOffs: [], issuedAt: 0 }]);
    expect(await isRevoked('a')).toBe(true);
    clock.advance(10);
    await revoke('c');
    expect([await isRevoked('a'), await isRevoked('c')]).toEqual([false, true]);
  });
});
