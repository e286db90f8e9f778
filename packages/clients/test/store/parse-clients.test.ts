import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FileError } from '@mandate/ports';
import { createTestKey } from '@mandate/testing';
import { createSecretVerifier, parseClients } from '../../src/index.js';
import { digestPlainSecret } from '../../src/secrets/plain-secrets.js';

const SALT = `${'s'.repeat(21)}Q`;
const HASH = `${'h'.repeat(42)}g`;
const jwks = { keys: [createTestKey('ES256').publicJwk] };
const HMAC_KEY = 'a key of the deployment, 32 bytes or more';

function problemOf(file: unknown, settings?: Parameters<typeof parseClients>[1]): string {
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  try {
    parseClients(text, settings);
  } catch (error) {
    if (error instanceof FileError) return error.message;
    throw error;
  }
  return 'no problem';
}

describe('parseClients', () => {
  it('reads an IMS record in an IMS file, with comments', () => {
    const clients = parseClients(`{"clients": [ // the first
      {"clientId":"client","clientSecret":"secret","scopes":["introspect"],"tokenExpirationSeconds":60,"attributes":{"realm":"/"}}
    ]}`);
    expect(clients.get('client')).toEqual({
      clientId: 'client',
      secrets: [{ value: digestPlainSecret('secret') }],
      scopes: ['introspect'],
      tokenExpirationSeconds: 60,
      attributes: expect.objectContaining({ realm: '/' }),
    });
  });

  it('keeps the digest of a plain secret alone, and takes one that looks like a digest for the secret it is', async () => {
    const digestLike = digestPlainSecret('guessed');
    const verifier = createSecretVerifier({ scheme: 'none', clock: () => 0 });
    for (const secret of ['plain', digestLike]) {
      const [client] = parseClients(JSON.stringify([{ clientId: 'a', clientSecret: secret }])).values();
      const values = client?.secrets.map(({ value }) => value) ?? [];
      expect(values).toEqual([digestPlainSecret(secret)]);
      expect(await verifier.verify({ clientId: 'a', secret, values })).toBe(true);
      for (const wrongSecret of ['guessed', values[0] ?? '']) {
        expect(await verifier.verify({ clientId: 'a', secret: wrongSecret, values })).toBe(false);
      }
    }
  });

  it('reads a bare array, the additive members, and secrets in both forms', () => {
    const [client] = parseClients(
      JSON.stringify([
        {
          clientId: 'a',
          clientSecret: 'old',
          clientSecrets: ['new', { value: 'temporary', expiresAt: 5 }],
          tokenExpirationSeconds: null,
          grantTypes: ['client_credentials'],
          tokenEndpointAuthMethod: 'client_secret_post',
          audiences: ['https://api'],
          resourceServerFor: [],
          defaultTargets: ['http://images.example.com:*/*', { audience: 'images' }],
        },
      ]),
    ).values();
    expect(client).toMatchObject({
      secrets: [
        { value: digestPlainSecret('old') },
        { value: digestPlainSecret('new') },
        { value: digestPlainSecret('temporary'), expiresAt: 5 },
      ],
      scopes: [],
      attributes: {},
      grantTypes: ['client_credentials'],
      tokenEndpointAuthMethod: 'client_secret_post',
      audiences: ['https://api'],
      resourceServerFor: [],
      defaultTargets: [{ resource: 'http://images.example.com:*/*' }, { audience: 'images' }],
    });
    expect(client?.tokenExpirationSeconds).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['no id', { clientSecret: 's' }, '[0].clientId: '],
    ['an empty id', { clientId: '', clientSecret: 's' }, '[0].clientId: '],
    ['a control character in the id', { clientId: 'a\nb', clientSecret: 's' }, '[0].clientId: has a control'],
    ['a secret that is a number', { clientId: 'a', clientSecret: 1 }, '[0].clientSecret: '],
    ['no credential', { clientId: 'a' }, '[0].clientSecret: is required'],
    ['an empty secret', { clientId: 'a', clientSecret: '' }, '[0].clientSecret: '],
    ['a secret over 256 bytes', { clientId: 'a', clientSecret: 'é'.repeat(129) }, '[0].clientSecret: '],
    ['an empty later secret', { clientId: 'a', clientSecrets: ['s', ''] }, '[0].clientSecrets[1]: '],
    ['a scope with a space', { clientId: 'a', clientSecret: 's', scopes: ['x', 'y z'] }, '[0].scopes[1]: '],
    ['a scope string', { clientId: 'a', clientSecret: 's', scopes: 'x' }, '[0].scopes: must be an array'],
    [
      'a lifetime of nothing',
      { clientId: 'a', clientSecret: 's', tokenExpirationSeconds: 0 },
      'tokenExpirationSeconds: ',
    ],
    ['no default target', { clientId: 'a', clientSecret: 's', defaultTargets: [] }, '[0].defaultTargets: '],
    [
      'a default target with a fragment',
      { clientId: 'a', clientSecret: 's', defaultTargets: ['https://a/#b'] },
      '[0].',
    ],
    ['a misspelt default target', { clientId: 'a', clientSecret: 's', defaultTargets: [{ aud: 'a' }] }, '[0].'],
    ['attributes in an array', { clientId: 'a', clientSecret: 's', attributes: [] }, '[0].attributes: expected'],
    [
      'a misspelt member',
      { clientId: 'a', clientSecret: 's', scope: 'x' },
      '[0]: has the unknown member "scope": is "scopes" meant?',
    ],
    ['a member of another product', { client_id: 'a', clientSecret: 's' }, 'member "client_id": is "clientId" meant?'],
    ['a hash of another program', { clientId: 'a', clientSecret: '$2b$12$x' }, 'is a hash that is not read here'],
    [
      'a hash without its prefix',
      { clientId: 'a', clientSecret: '$argon2id$v=19$x' },
      'is a hash that is not read here',
    ],
    ['a hash of a directory', { clientId: 'a', clientSecret: '{SSHA}x' }, 'is a hash that is not read here'],
    [
      'an unknown method',
      { clientId: 'a', clientSecret: 's', tokenEndpointAuthMethod: 'tls' },
      'tokenEndpointAuthMethod: ',
    ],
    [
      'a public client with a secret',
      { clientId: 'a', clientSecret: 's', tokenEndpointAuthMethod: 'none' },
      'tokenEndpointAuthMethod: is none',
    ],
    [
      'private_key_jwt without a key',
      { clientId: 'a', clientSecret: 's', tokenEndpointAuthMethod: 'private_key_jwt' },
      '[0].jwks: is required',
    ],
    [
      'Basic with a key only',
      { clientId: 'a', jwks, tokenEndpointAuthMethod: 'client_secret_basic' },
      '[0].clientSecret: is required',
    ],
    ['keys in both ways', { clientId: 'a', jwks, jwksUri: 'https://a/' }, '[0].jwksUri: '],
    ['a key set without keys', { clientId: 'a', jwks: { keys: {} } }, '[0].jwks: expected'],
    ['an empty key set', { clientId: 'a', jwks: { keys: [] } }, '[0].jwks: has no usable key (none at all)'],
    [
      'C4 a key that is a secret',
      { clientId: 'a', jwks: { keys: [createTestKey('HS256').publicJwk] } },
      '[0].jwks: has no usable key (symmetric_key)',
    ],
    [
      'a key that is private no longer',
      { clientId: 'a', jwks: { keys: [createTestKey('ES256').privateJwk] } },
      '[0].jwks: has no usable key (private_members)',
    ],
    [
      'T22 a weak key',
      { clientId: 'a', jwks: { keys: [createTestKey('RS256', { rsaBits: 1024 }).publicJwk] } },
      '[0].jwks: has no usable key (rsa_modulus)',
    ],
    [
      'C4 an HMAC as the algorithm of assertions',
      { clientId: 'a', jwks, tokenEndpointAuthSigningAlg: 'HS256' },
      '[0].tokenEndpointAuthSigningAlg: ',
    ],
    [
      'an algorithm of assertions without keys',
      { clientId: 'a', clientSecret: 's', tokenEndpointAuthSigningAlg: 'ES256' },
      '[0].tokenEndpointAuthSigningAlg: is given without keys',
    ],
    ['keys from a file', { clientId: 'a', jwksUri: 'file:///etc/passwd' }, '[0].jwksUri: '],
    ['no record at all', 'clients', '[0]: '],
  ])('names record and member for %s', (_, record, problem) => {
    expect(problemOf([record])).toContain(problem);
  });

  it('names every problem of every record at once', () => {
    const problem = problemOf([{ clientId: 'a', clientSecret: 's' }, { clientId: 1 }, { clientId: 'c', scopes: [''] }]);
    expect(problem).toMatch(/\[1\]\.clientId: .*\[2\]\.scopes\[0\]: /);
    expect(problem).not.toMatch(/(^|; )\[0\]/);
  });

  it('refuses an id used twice', () => {
    const client = { clientId: 'a', clientSecret: 's' };
    expect(problemOf([client, client])).toBe('[1].clientId: is used by an earlier record (line 1, column 50)');
  });

  it.each(['{}', '"clients"', '{"clients":{}}', '{"clients":[],"more":1}'])(
    'refuses the file %s as a whole',
    (text) => {
      expect(problemOf(text)).toBe('the file: expected an array of clients, or {"clients":[...]} (line 1, column 1)');
    },
  );

  it('refuses text that is not JSON, with the position, and duplicate members (docs/security.md T8)', () => {
    expect(problemOf('[{"clientId":')).toBe('is not JSON: expected a value (line 1, column 14)');
    expect(problemOf('[{"clientId":"a","clientSecret":"x","clientSecret":"y"}]')).toMatch(
      /^is not JSON: duplicate member/,
    );
  });

  const scrypt = (cost: string): string => `{scrypt}${cost}$${SALT}$${HASH}`;
  const argon2id = (cost: string): string => `{argon2id}$argon2id$v=19$${cost}$${SALT}$${HASH}`;

  it.each([
    '{scrypt}x',
    '{argon2id}x',
    '{hmac-sha256}x',
    '{scrypt}',
    `{hmac-sha256}${HASH}h`,
    ...['ln=9,r=8,p=1', 'ln=18,r=8,p=1', 'ln=10,r=0,p=1', 'ln=17,r=9,p=1', 'ln=15,r=8,p=0', 'ln=40,r=8,p=1'].map(
      scrypt,
    ),
    ...['m=131073,t=2,p=1', 'm=4096,t=11,p=1', 'm=4096,t=0,p=1', 'm=4096,t=2,p=9', 'm=4096,t=2,p=0'].map(argon2id),
    ...[scrypt('ln=10,r=8,p=1'), argon2id('m=4096,t=2,p=1')].map((hash) => hash.replace(HASH, 'h'.repeat(43))),
    argon2id('m=7,t=2,p=1'),
    argon2id('m=4096,t=2,p=1').replace('argon2id$v', 'argon2i$v'),
  ])('C8 refuses the stored value %s, which its prefix says is a hash', (clientSecret) => {
    expect(problemOf([{ clientId: 'a', clientSecret }], { scheme: 'none', hmacKey: HMAC_KEY })).toMatch(
      /^\[0\]\.clientSecret: is not a well-formed \S+ value \(line 1, column \d+\)$/,
    );
  });

  it.each([
    ...['ln=10,r=8,p=1', 'ln=17,r=8,p=1', 'ln=15,r=8,p=3'].map(scrypt),
    ...['m=131072,t=10,p=8', 'm=19456,t=2,p=1'].map(argon2id),
    `{hmac-sha256}${HASH}`,
  ])('accepts the stored value %s', (clientSecret) => {
    expect(problemOf([{ clientId: 'a', clientSecret }], { scheme: 'none', hmacKey: HMAC_KEY })).toBe('no problem');
  });

  it('refuses a plain secret where the setting says that secrets are hashed', () => {
    expect(problemOf([{ clientId: 'a', clientSecret: 'plain' }], { scheme: 'scrypt' })).toContain(
      '[0].clientSecret: is not a well-formed scrypt value',
    );
  });

  it('refuses a keyed hash when no key is configured', () => {
    expect(problemOf([{ clientId: 'a', clientSecret: '{hmac-sha256}x' }])).toContain('for which no key is configured');
  });

  it('never says a value (docs/security.md S11)', () => {
    const canary = 'canary-7f3a';
    const member = fc.constantFrom(
      'clientId',
      'clientSecret',
      'clientSecrets',
      'scopes',
      'attributes',
      'jwks',
      'jwksUri',
    );
    const damage = fc.constantFrom<unknown>(`${canary}\n`, [canary, 1], { value: canary, x: 1 }, `{scrypt}${canary}`, [
      [canary],
    ]);
    fc.assert(
      fc.property(fc.array(fc.tuple(member, damage)), (members) => {
        expect(problemOf([Object.fromEntries(members)])).not.toContain(canary);
      }),
    );
  });

  it('throws nothing but FileError for any text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `[${json}]`),
    );
    fc.assert(fc.property(texts, (text) => typeof problemOf(text) === 'string'));
  });
});
