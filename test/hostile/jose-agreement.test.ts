import { createPublicKey, type KeyObject } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { compactVerify } from 'jose';
import { parseCompactJws, verifySignature } from '@mandate/token';
import { hostileTokens } from './hostile-tokens.js';
import { startTokenWorld } from './token-world.js';

const world = await startTokenWorld();
afterAll(() => world.close());

const keys = Object.values(world.issuers).map(({ key }): { alg: string; key: KeyObject } => ({
  alg: key.alg,
  key: key.alg.startsWith('HS') ? key.privateKey : createPublicKey(key.privateKey),
}));

function joseVerifies(token: string, alg: string, key: KeyObject): Promise<boolean> {
  return compactVerify(token, key, { algorithms: [alg] }).then(
    () => true,
    () => false,
  );
}

describe('the signature of a hostile token', () => {
  it('is judged by us as by jose, for each key of the world, once the token can be read at all', async () => {
    let parsedCount = 0;
    for (const [name, token] of hostileTokens(world)) {
      const jws = parseCompactJws(token);
      for (const { alg, key } of keys) {
        const tokenAlg = jws.ok ? jws.jws.header.alg : alg;
        const verdict = jws.ok && verifySignature(jws.jws, [{ algorithms: [tokenAlg], key }]);
        const jose = await joseVerifies(token, tokenAlg, key);
        // What cannot be read is refused whatever its signature: there alone we are stricter.
        expect([name, verdict]).toEqual([name, jws.ok && jose]);
        parsedCount += jws.ok ? 1 : 0;
      }
    }
    expect(parsedCount).toBeGreaterThan(500);
  });
});
