import { beforeEach, describe, expect, it } from '@jest/globals';
import type { IssuerKeys } from '@mandate/token';
import { closeAfterEach } from '../close-after-each.js';
import { type TestKey, createTestKey } from '../keys/test-key.js';

export interface OpenedIssuerKeys {
  issuerKeys: IssuerKeys;
  /** The name under which the issuer is known. */
  issuer: string;
  close?: () => Promise<void>;
}

/** What every `IssuerKeys` promises. `open` makes one that knows one issuer with exactly this public key. */
export function describeIssuerKeysContract(name: string, open: (key: TestKey) => Promise<OpenedIssuerKeys>): void {
  describe(`IssuerKeys contract: ${name}`, () => {
    const key = createTestKey('ES256', { kid: 'known' });
    const closeLater = closeAfterEach();
    let issuerKeys: IssuerKeys;
    let issuer: string;
    beforeEach(async () => {
      const adapter = closeLater(await open(key));
      issuer = adapter.issuer;
      issuerKeys = adapter.issuerKeys;
    });

    it('lists the issuer and finds it by its exact name only (RFC 8725 section 3.8)', async () => {
      await issuerKeys.check?.();
      expect(issuerKeys.issuers()).toEqual([issuer]);
      expect(issuerKeys.keysFor(issuer)?.issuer).toBe(issuer);
      for (const otherIssuer of [`${issuer}/`, issuer.toUpperCase(), ` ${issuer}`, '', '__proto__', 'constructor']) {
        expect(issuerKeys.keysFor(otherIssuer)).toBeUndefined();
      }
    });

    it('T2 answers the key for its kid and its own algorithm', async () => {
      const candidates = await issuerKeys.keysFor(issuer)?.candidates({ alg: 'ES256', kid: 'known' });
      expect(candidates?.map(({ kid, algorithms }) => ({ kid, algorithms }))).toEqual([
        { kid: 'known', algorithms: ['ES256'] },
      ]);
      expect(candidates?.[0]?.key.type).toBe('public');
      for (const alg of ['HS256', 'RS256', 'ES384', 'none', '']) {
        expect(await issuerKeys.keysFor(issuer)?.candidates({ alg, kid: 'known' })).toEqual([]);
      }
    });

    it.each(['../known', '__proto__', 'constructor', 'KNOWN', 'known\r\n', "' or 1=1"])(
      'T6 knows no key under %j',
      async (kid) => {
        expect(await issuerKeys.keysFor(issuer)?.candidates({ alg: 'ES256', kid })).toEqual([]);
      },
    );

    it('answers every key of the algorithm where the token names none', async () => {
      expect(await issuerKeys.keysFor(issuer)?.candidates({ alg: 'ES256' })).toHaveLength(1);
    });
  });
}
