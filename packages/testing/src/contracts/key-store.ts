import { beforeEach, describe, expect, it } from '@jest/globals';
import { type KeyStore, createTokenSigner, createTokenVerifier, ownIssuerKeys } from '@mandate/token';
import { TEST_START, fixedClock } from '../fixed-clock.js';

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** What every `KeyStore` promises. `open` makes a store with at least one key. */
export function describeKeyStoreContract(name: string, open: () => KeyStore | Promise<KeyStore>): void {
  describe(`KeyStore contract: ${name}`, () => {
    let keyStore: KeyStore;
    beforeEach(async () => {
      keyStore = await open();
    });

    it('JW-23 publishes public members only', async () => {
      const { keys } = await keyStore.publicJwks();
      for (const jwk of keys) {
        expect(Object.keys(jwk).filter((member) => PRIVATE_MEMBERS.includes(member))).toEqual([]);
        expect(jwk).toMatchObject({ kid: expect.any(String), alg: expect.any(String), use: 'sig' });
        expect(jwk.kty).not.toBe('oct');
      }
    });

    it('publishes the key that signs, unless it is a secret', async () => {
      const { kid, key } = await keyStore.signingKey();
      const kids = (await keyStore.publicJwks()).keys.map((jwk) => jwk.kid);
      expect(kids.includes(kid)).toBe(key.type === 'private');
    });

    it('signs what its own keys verify', async () => {
      const claims = { iss: 'https://own.example', sub: 'a', exp: TEST_START + 60 };
      const token = await createTokenSigner({ keyStore }).sign(claims);
      const issuers = ownIssuerKeys('https://own.example', keyStore);
      const verifier = createTokenVerifier({ issuers, clock: fixedClock() });
      expect(await verifier.verify(token)).toMatchObject({ ok: true, token: { subject: 'a', kind: 'access_token' } });
    });
  });
}
