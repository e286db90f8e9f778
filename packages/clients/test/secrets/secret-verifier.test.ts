import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createSecretVerifier,
  generateClientSecret,
  hashClientSecret,
  type SecretScheme,
  type SecretVerifier,
} from '../../src/index.js';
import type { SecretVerifierOptions } from '../../src/secrets/secret-verifier.js';

const HMAC_KEY = 'a key of the deployment, 32 bytes or more';
const SCHEMES: SecretScheme[] = ['none', 'hmac-sha256', 'scrypt', 'argon2id'];
/** scrypt of "cheap" at the least cost that is accepted, so that tests are quick. */
const CHEAP = '{scrypt}ln=10,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$SV0XZ4uv4qp7Ax5e9MHb_3uo5q9rco7kC1Dy7kokuJU';

function verifierFor(scheme: SecretScheme, options: Partial<SecretVerifierOptions> = {}): SecretVerifier {
  return createSecretVerifier({ scheme, hmacKey: HMAC_KEY, clock: () => 1000, ...options });
}

/** The least of five: what the work takes when nothing else runs. */
async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let time = 0; time < 5; time += 1) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

describe.each(SCHEMES)('secrets stored as %s', (scheme) => {
  it('are verified, and a longer or an empty one is not', async () => {
    const secret = generateClientSecret();
    const values = [await hashClientSecret(secret, { scheme, hmacKey: HMAC_KEY })];
    const verifier = verifierFor(scheme);
    expect(await verifier.verify({ clientId: 'a', secret, values })).toBe(true);
    for (const wrongSecret of [`${secret}x`, '']) {
      expect(await verifier.verify({ clientId: 'a', secret: wrongSecret, values })).toBe(false);
    }
  });

  it('CA-65 (docs/security.md C8): 128 characters, of which the first 72 are not enough', async () => {
    const secret = generateClientSecret().repeat(3).slice(0, 128);
    const values = [await hashClientSecret(secret, { scheme, hmacKey: HMAC_KEY })];
    const verifier = verifierFor(scheme);
    expect(await verifier.verify({ clientId: 'a', secret: secret.slice(0, 72), values })).toBe(false);
    expect(await verifier.verify({ clientId: 'a', secret, values })).toBe(true);
  });
});

describe('createSecretVerifier', () => {
  it('lets a prefix win over the setting, and needs none where the setting says the same', async () => {
    for (const scheme of ['hmac-sha256', 'scrypt', 'argon2id'] as const) {
      const prefixedHash = await hashClientSecret('secret', { scheme, hmacKey: HMAC_KEY });
      expect(prefixedHash.startsWith(`{${scheme}}`)).toBe(true);
      const bareHash = prefixedHash.slice(scheme.length + 2);
      const claim = { clientId: 'a', secret: 'secret' };
      expect(await verifierFor('none').verify({ ...claim, values: [prefixedHash] })).toBe(true);
      expect(await verifierFor(scheme).verify({ ...claim, values: [bareHash] })).toBe(true);
      expect(await verifierFor('none').verify({ ...claim, values: [bareHash] })).toBe(false);
    }
  });

  it('does not take a stored hash for the secret', async () => {
    const storedHash = await hashClientSecret('secret', { scheme: 'hmac-sha256', hmacKey: HMAC_KEY });
    expect(await verifierFor('none').verify({ clientId: 'a', secret: storedHash, values: [storedHash] })).toBe(false);
  });

  it('hashes with the key of the deployment, so another key verifies nothing', async () => {
    const values = [await hashClientSecret('secret', { scheme: 'hmac-sha256', hmacKey: `${HMAC_KEY}!` })];
    expect(await verifierFor('none').verify({ clientId: 'a', secret: 'secret', values })).toBe(false);
  });

  it('accepts any of several stored values, of different schemes', async () => {
    const values = ['plain', CHEAP, await hashClientSecret('keyed', { scheme: 'hmac-sha256', hmacKey: HMAC_KEY })];
    const verifier = verifierFor('none');
    for (const secret of ['plain', 'cheap', 'keyed']) {
      expect(await verifier.verify({ clientId: 'a', secret, values })).toBe(true);
    }
    expect(await verifier.verify({ clientId: 'a', secret: 'other', values })).toBe(false);
  });

  it('C8 never accepts a secret over 256 bytes, even one that is stored', async () => {
    const secret = 'é'.repeat(129);
    expect(await verifierFor('none').verify({ clientId: 'a', secret, values: [secret.slice(0, 128)] })).toBe(false);
    await expect(hashClientSecret(secret, { scheme: 'none' })).rejects.toThrow(RangeError);
  });

  it('C7 does the work of one check for a client without a stored value, and says no', async () => {
    const verifier = verifierFor('scrypt');
    const values = [await hashClientSecret('secret', { scheme: 'scrypt' })];
    const msOfKnown = await milliseconds(() => verifier.verify({ clientId: 'known', secret: 'wrong', values }));
    const unknown = await milliseconds(async () => {
      expect(await verifier.verify({ clientId: 'unknown', secret: 'wrong', values: [] })).toBe(false);
    });
    expect(unknown).toBeGreaterThan(msOfKnown / 5);
    expect(msOfKnown).toBeGreaterThan(unknown / 5);
  });

  it('S9 keeps the event loop free while it hashes', async () => {
    const verifier = verifierFor('argon2id');
    let ticks = 0;
    const timer = setInterval(() => ticks++, 2);
    const claims = [1, 2, 3, 4, 5, 6].map((n) => verifier.verify({ clientId: 'a', secret: `wrong ${n}`, values: [] }));
    await Promise.all(claims);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  it('C8 is overloaded when too many slow checks wait, and works again afterwards', async () => {
    const verifier = verifierFor('none', { concurrency: 1, maxWaiting: 2 });
    const verify = (secret: string) => verifier.verify({ clientId: 'a', secret, values: [CHEAP] });
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => verify(`wrong ${n}`)));
    expect(results.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(2).fill('rejected'),
    ]);
    expect(results[4]).toMatchObject({ reason: { name: 'UpstreamError', failure: 'overloaded' } });
    expect(await verify('cheap')).toBe(true);
  });

  it('answers fast secrets while slow ones are overloaded', async () => {
    const verifier = verifierFor('none', { concurrency: 1, maxWaiting: 0 });
    const slow = verifier.verify({ clientId: 'a', secret: 'cheap', values: [CHEAP] });
    expect(await verifier.verify({ clientId: 'b', secret: 'plain', values: ['plain'] })).toBe(true);
    expect(await slow).toBe(true);
  });

  it('asks the same slow question only once at a time', async () => {
    const verifier = verifierFor('none', { concurrency: 1, maxWaiting: 0 });
    const verify = () => verifier.verify({ clientId: 'a', secret: 'cheap', values: [CHEAP] });
    expect(await Promise.all([verify(), verify(), verify()])).toEqual([true, true, true]);
  });

  it('reports a stored value that is of no scheme as a failure of the store, without it (docs/security.md S4)', async () => {
    const verification = verifierFor('none').verify({ clientId: 'a', secret: 's', values: ['{scrypt}canary'] });
    await expect(verification).rejects.toMatchObject({ dependency: 'client_store', failure: 'malformed' });
    await expect(verification).rejects.toMatchObject({ detail: expect.not.stringContaining('canary') });
  });

  it('answers no for any argon2id value of accepted lengths, and never lets the driver throw', async () => {
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');
    const salt = fc.uint8Array({ minLength: 8, maxLength: 48 });
    const hash = fc.uint8Array({ minLength: 16, maxLength: 64 });
    const verifier = verifierFor('argon2id');
    await fc.assert(
      fc.asyncProperty(salt, hash, async (saltBytes, hashBytes) => {
        const values = [`$argon2id$v=19$m=8,t=1,p=1$${base64(saltBytes)}$${base64(hashBytes)}`];
        expect(await verifier.verify({ clientId: 'a', secret: 'x', values })).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('cannot be made for keyed hashes without a key, or with a short one', () => {
    expect(() => createSecretVerifier({ scheme: 'hmac-sha256', clock: () => 0 })).toThrow(TypeError);
    expect(() => verifierFor('none', { hmacKey: 'short' })).toThrow(TypeError);
  });
});

describe('the memory of verified secrets', () => {
  /** With no room to wait and one check running, only a remembered secret gets an answer. */
  async function isRemembered(verifier: SecretVerifier, claim: Parameters<SecretVerifier['verify']>[0]) {
    const busy = verifier.verify({ clientId: 'busy', secret: 'wrong', values: [CHEAP] });
    const [answer] = await Promise.allSettled([verifier.verify(claim), busy]);
    return answer.status === 'fulfilled' && answer.value;
  }

  const claim = { clientId: 'a', secret: 'cheap', values: [CHEAP] };

  function tight(clock: () => number): SecretVerifier {
    return verifierFor('none', { clock, concurrency: 1, maxWaiting: 0, rememberSeconds: 60 });
  }

  it('spares the slow check for a short time', async () => {
    let now = 1000;
    const verifier = tight(() => now);
    expect(await isRemembered(verifier, claim)).toBe(false);
    expect(await verifier.verify(claim)).toBe(true);
    now += 59;
    expect(await isRemembered(verifier, claim)).toBe(true);
    now += 1;
    expect(await isRemembered(verifier, claim)).toBe(false);
    expect(await verifier.verify(claim)).toBe(true);
    now -= 3600;
    expect(await isRemembered(verifier, claim)).toBe(false);
  });

  it('holds for this client, this secret and this stored value only', async () => {
    const verifier = tight(() => 1000);
    await verifier.verify(claim);
    expect(await isRemembered(verifier, { ...claim, clientId: 'b' })).toBe(false);
    expect(await isRemembered(verifier, { ...claim, secret: 'cheap ' })).toBe(false);
    expect(await isRemembered(verifier, { ...claim, values: [CHEAP.replace('c2Fs', 'c2Ft')] })).toBe(false);
    expect(await verifier.verify({ ...claim, values: [] })).toBe(false);
  });

  it('forgets refusals at once', async () => {
    const verifier = tight(() => 1000);
    const wrongClaim = { ...claim, secret: 'wrong' };
    expect(await verifier.verify(wrongClaim)).toBe(false);
    expect(await isRemembered(verifier, wrongClaim)).toBe(false);
  });
});
