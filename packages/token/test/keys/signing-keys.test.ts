import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { createTestKey, describeKeyStoreContract, testDirectory } from '@mandate/testing';
import { createKeyStore, loadOrGenerateKeys, parseSigningJwkBase64, parseSigningJwks } from '../../src/index.js';
import { SIGNATURE_ALGORITHMS } from '../../src/jws/algorithms.js';

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

const directory = testDirectory();

describe.each([...SIGNATURE_ALGORITHMS])('TOKEN_SIGNATURE_JWK_BASE64 with %s', (alg) => {
  const signingKeys = parseSigningJwkBase64(base64(createTestKey(alg).privateJwk));
  describeKeyStoreContract(alg, () => createKeyStore({ current: () => signingKeys }));
});

const rotatedKeys = parseSigningJwks(
  JSON.stringify({ keys: ['ES256', 'RS256', 'HS256'].map((alg) => createTestKey(alg).privateJwk) }),
);
describeKeyStoreContract('TOKEN_SIGNATURE_JWKS_FILE', () => createKeyStore({ current: () => rotatedKeys }));
describeKeyStoreContract('generated', async () => {
  const signingKeys = await loadOrGenerateKeys({ directory });
  return createKeyStore({ current: () => signingKeys });
});

describe('parseSigningJwkBase64', () => {
  const key = createTestKey('RS256');

  it('reads kty in any case, ignores unknown members, and lets the text be wrapped (IMS)', () => {
    const text = base64({ ...key.privateJwk, kty: 'rsa', owner: 'me', exp: 5 });
    expect(parseSigningJwkBase64(`${text.slice(0, 40)}\n${text.slice(40)}\n`).signingKey).toMatchObject({
      kid: key.kid,
      alg: 'RS256',
    });
  });

  it('takes the JWK as JSON as well, since a brace cannot begin base64', () => {
    const publishedJwk = { ...createTestKey('HS256').privateJwk, kid: 'my_hmac_key', kty: 'OCT' };
    const text = `${JSON.stringify(publishedJwk, null, 4)}\n`;
    expect(parseSigningJwkBase64(text).signingKey).toMatchObject({ kid: 'my_hmac_key', alg: 'HS256' });
    expect(parseSigningJwkBase64(text).verificationKeys).toEqual(
      parseSigningJwkBase64(base64(publishedJwk)).verificationKeys,
    );
  });

  it('takes RS256, ES256, HS256 and EdDSA by kty where the key names no alg', () => {
    for (const alg of ['RS256', 'ES256', 'HS256', 'EdDSA']) {
      expect(parseSigningJwkBase64(base64({ ...createTestKey(alg).privateJwk, alg: undefined })).signingKey.alg).toBe(
        alg,
      );
    }
  });

  it('names a key without kid by its thumbprint (RFC 7638), and a secret by nothing that tells of it', async () => {
    const anonymous = parseSigningJwkBase64(base64({ ...key.privateJwk, kid: undefined }));
    expect(anonymous.signingKey.kid).toBe(await calculateJwkThumbprint(key.publicJwk));
    const secret = createTestKey('HS256');
    const { kid } = parseSigningJwkBase64(base64({ ...secret.privateJwk, kid: undefined })).signingKey;
    expect(kid).toHaveLength(16);
    expect(kid).not.toBe((await calculateJwkThumbprint(secret.privateJwk)).slice(0, 16));
  });

  it.each([
    ['nothing', ''],
    ['neither JSON nor base64', '%%%'],
    ['half a key as JSON', '{"kty":"RSA"}'],
    ['no JSON', Buffer.from('secret-value').toString('base64')],
    ['a public key', base64(key.publicJwk)],
    ['a short secret', base64({ kty: 'oct', k: 'c2hvcnQ' })],
    ['a weak RSA key', base64(createTestKey('RS256', { rsaBits: 1024 }).privateJwk)],
    ['halves of two keys', base64({ ...createTestKey('ES256').privateJwk, d: createTestKey('ES256').privateJwk.d })],
    [
      'halves of two Ed25519 keys',
      base64({ ...createTestKey('EdDSA').privateJwk, d: createTestKey('EdDSA').privateJwk.d }),
    ],
    ['a list', base64([])],
  ])('T22 refuses %s without quoting it', (_kind, text) => {
    expect(() => parseSigningJwkBase64(text)).toThrow(expect.objectContaining({ name: 'FileError' }));
    expect(() => parseSigningJwkBase64(text)).not.toThrow(/secret-value|c2hvcnQ|kty/);
  });
});

describe('parseSigningJwks', () => {
  it('signs with the first key and publishes the public halves of all', () => {
    const [first, second] = [createTestKey('ES256'), createTestKey('RS256')];
    const signingKeys = parseSigningJwks(JSON.stringify({ keys: [first.privateJwk, second.publicJwk] }));
    expect(signingKeys.signingKey.kid).toBe(first.kid);
    expect(signingKeys.publicJwks.keys).toEqual([first.publicJwk, second.publicJwk]);
  });

  it('never publishes an HMAC key, but verifies with it', () => {
    const signingKeys = parseSigningJwks(
      JSON.stringify({ keys: [createTestKey('HS256').privateJwk, createTestKey('HS512').privateJwk] }),
    );
    expect(signingKeys.publicJwks.keys).toEqual([]);
    expect(signingKeys.verificationKeys).toHaveLength(2);
  });

  it('names the key that is wrong by its index', () => {
    const keys = [createTestKey('ES256').privateJwk, { kty: 'oct', k: 'AA' }];
    expect(() => parseSigningJwks(JSON.stringify({ keys }))).toThrow('keys[1]: the key is refused: short_secret');
    const twins = [createTestKey('ES256', { kid: 'a' }).privateJwk, createTestKey('ES256', { kid: 'a' }).privateJwk];
    expect(() => parseSigningJwks(JSON.stringify({ keys: twins }))).toThrow('keys[1]: has the kid of another key');
    expect(() => parseSigningJwks('{"keys":[]}')).toThrow('is not a JWKS with a key');
  });
});

describe('loadOrGenerateKeys', () => {
  it('makes one key for any number of processes that start at once, with mode 0600 and nothing left over', async () => {
    const nestedDirectory = join(directory, 'a', 'b');
    const sets = await Promise.all(Array.from({ length: 8 }, () => loadOrGenerateKeys({ directory: nestedDirectory })));
    expect(new Set(sets.map(({ signingKey }) => signingKey.kid)).size).toBe(1);
    expect(await readdir(nestedDirectory)).toEqual(['signing-keys.jwks.json']);
    expect((await stat(join(nestedDirectory, 'signing-keys.jwks.json'))).mode & 0o777).toBe(0o600);
  });

  it('JW-24 of four replicas at the same instant one makes the key, and every one publishes it before any signs', async () => {
    const sharedDirectory = join(directory, 'replicas');
    const load = async () => {
      const signingKeys = await loadOrGenerateKeys({ directory: sharedDirectory });
      return createKeyStore({ current: () => signingKeys });
    };
    const replicas = await Promise.all([load(), load(), load(), load()]);
    const signing = await Promise.all(replicas.map(async (replica) => (await replica.signingKey()).kid));
    expect(new Set(signing).size).toBe(1);
    for (const replica of replicas) {
      const { keys } = await replica.publicJwks();
      expect(keys.map(({ kid }) => kid)).toEqual([signing[0]]);
    }
  });

  it('keeps the key over a restart, and separate keys under separate names', async () => {
    const first = await loadOrGenerateKeys({ directory });
    expect((await loadOrGenerateKeys({ directory })).signingKey.kid).toBe(first.signingKey.kid);
    expect((await loadOrGenerateKeys({ directory, name: 'other' })).signingKey.kid).not.toBe(first.signingKey.kid);
  });

  it('K7 refuses a file that others may read, and a file without keys, naming it', async () => {
    await writeFile(join(directory, 'open.jwks.json'), await readFile(join(directory, 'signing-keys.jwks.json')), {
      mode: 0o644,
    });
    await expect(loadOrGenerateKeys({ directory, name: 'open' })).rejects.toThrow(
      /open\.jwks\.json: may be read by others/,
    );
    await writeFile(join(directory, 'broken.jwks.json'), '{"k":"hush', { mode: 0o600 });
    await expect(loadOrGenerateKeys({ directory, name: 'broken' })).rejects.toThrow(/broken\.jwks\.json: is not JSON/);
    await expect(loadOrGenerateKeys({ directory, name: 'broken' })).rejects.not.toThrow(/hush/);
  });
});
