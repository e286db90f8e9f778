import { createHash, createHmac, createPublicKey, constants, privateEncrypt, sign } from 'node:crypto';
import { TEST_START, createTestKey, signTestParts, signTestToken } from '@mandate/testing';
import { respelledTokens } from './respelled-tokens.js';
import { type Claims, goodClaims, type KnownIssuer, type TokenWorld } from './token-world.js';

/** A token that nothing may accept, and what it is. The name begins with its row of docs/security.md. */
export type HostileToken = [name: string, token: string];

/** Every way of docs/security.md to spoil a token or to forge one, T1 to T17 and T20. */
export function hostileTokens(world: TokenWorld): HostileToken[] {
  return [
    ...withoutSignature(world),
    ...keyedWithPublicKeys(world),
    ...brokenSignatures(world),
    ...headersThatOffer(world),
    ...respelledTokens(world),
    ...badClaims(world),
    ...wrongIssuers(world),
    ...otherKinds(world),
    ...tooBig(world),
  ];
}

const rowsOf = (row: string, tokens: Record<string, string>): HostileToken[] =>
  Object.entries(tokens).map(([name, token]) => [`${row} ${name}`, token]);

const segmentsOf = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};

/** A member's value in a test's name. */
const text = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

const base64url = (data: string | Buffer): string => Buffer.from(data).toString('base64url');

function withoutSignature({ issuers: { ec, own }, token }: TokenWorld): HostileToken[] {
  const algs = ['none', 'None', 'NONE', 'nOnE', ' none', '', ' ', 'HS1', 'dir', 'es256', 'ES256 ', 'ES256\0'];
  const odd = [null, 1, true, ['ES256'], { alg: 'ES256' }, undefined];
  return [...algs, ...odd].flatMap((alg): HostileToken[] => {
    const name = `T1 alg ${text(alg)}`;
    const signedToken = token(ec, {}, { alg });
    const [header, payload] = segmentsOf(signedToken);
    return [
      [name, signedToken],
      [`${name}, no signature`, `${header}.${payload}.`],
      [
        `${name}, our own issuer`,
        `${segmentsOf(token(own, {}, { alg }))
          .slice(0, 2)
          .join('.')}.`,
      ],
    ];
  });
}

function keyedWithPublicKeys({ issuers: { ec, rsa, ed, own } }: TokenWorld): HostileToken[] {
  return [ec, rsa, ed, own].flatMap(({ issuer, key }) => {
    const publicKey = createPublicKey(key.privateKey);
    const { x = '', y = '', n = '' } = key.publicJwk;
    const raw = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const secrets: [string, string | Buffer][] = [
      ['PEM', pem],
      ['PEM without its last line feed', pem.trimEnd()],
      ['DER', publicKey.export({ type: 'spki', format: 'der' })],
      ['JWK', JSON.stringify(key.publicJwk)],
      ['raw point', raw],
      ['uncompressed point', Buffer.concat([Buffer.from([4]), raw])],
      ['modulus', Buffer.from(n, 'base64url')],
      ['nothing', ''],
    ];
    return secrets.flatMap(([name, secret]) =>
      (name === 'PEM' ? ['256', '384', '512'] : ['256']).map((size): HostileToken => {
        const header = base64url(JSON.stringify({ alg: `HS${size}`, kid: key.kid, typ: 'at+jwt' }));
        const input = `${header}.${base64url(JSON.stringify(goodClaims(issuer)))}`;
        const signature = createHmac(`sha${size}`, secret).update(input).digest('base64url');
        return [`T2 HS${size} keyed with the ${key.alg} key of ${issuer} as ${name}`, `${input}.${signature}`];
      }),
    );
  });
}

function brokenSignatures({ issuers: { ec, rsa, ed, hmac }, token }: TokenWorld): HostileToken[] {
  const withSignature = (of: KnownIssuer, change: (signature: Buffer, input: string) => Buffer): string => {
    const [header, payload, signature] = segmentsOf(token(of));
    const input = `${header}.${payload}`;
    return `${input}.${change(Buffer.from(signature, 'base64url'), input).toString('base64url')}`;
  };
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const number = (value: number): Buffer => Buffer.concat([Buffer.alloc(31), Buffer.from([value])]);
  const pair = (r: Buffer, s: Buffer): string => withSignature(ec, () => Buffer.concat([r, s]));
  const sha1 = (input: string): Buffer => sign('sha1', Buffer.from(input), rsa.key.privateKey);
  const pss = (input: string): Buffer =>
    sign('sha256', Buffer.from(input), { key: rsa.key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING });
  const encrypt = (padding: number, data: Buffer): Buffer => privateEncrypt({ key: rsa.key.privateKey, padding }, data);
  const digest = (input: string): Buffer => createHash('sha256').update(input).digest();
  const bare = (input: string): Buffer => Buffer.concat([Buffer.alloc(224), digest(input)]);
  return [
    ...rowsOf('T3 ECDSA', {
      'of zeros': pair(Buffer.alloc(32), Buffer.alloc(32)),
      'r = 0, s = 1': pair(number(0), number(1)),
      'r = 1, s = 0': pair(number(1), number(0)),
      'r = s = 1': pair(number(1), number(1)),
      'r = n': pair(order, number(1)),
      's = n': pair(number(1), order),
      'r = s = n': pair(order, order),
      'of ones': pair(Buffer.alloc(32, 0xff), Buffer.alloc(32, 0xff)),
      'as DER': withSignature(ec, (_, input) => sign('sha256', Buffer.from(input), ec.key.privateKey)),
      'one byte short': withSignature(ec, (signature) => signature.subarray(0, 63)),
      'one byte long': withSignature(ec, (signature) => Buffer.concat([signature, Buffer.alloc(1)])),
      twice: withSignature(ec, (signature) => Buffer.concat([signature, signature])),
      'halves swapped': withSignature(ec, (signature) =>
        Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]),
      ),
      'EdDSA of zeros': withSignature(ed, () => Buffer.alloc(64)),
      'HMAC cut to 16 bytes': withSignature(hmac, (signature) => signature.subarray(0, 16)),
      'HMAC of zeros': withSignature(hmac, () => Buffer.alloc(32)),
    }),
    ...rowsOf('T4 RSA', {
      'with SHA-1': withSignature(rsa, (_, input) => sha1(input)),
      'with PSS padding': withSignature(rsa, (_, input) => pss(input)),
      'the bare digest': withSignature(rsa, (_, input) => bare(input)),
      'without padding': withSignature(rsa, (_, input) => encrypt(constants.RSA_NO_PADDING, bare(input))),
      'without the name of the hash': withSignature(rsa, (_, input) =>
        encrypt(constants.RSA_PKCS1_PADDING, digest(input)),
      ),
      'of zeros': withSignature(rsa, () => Buffer.alloc(256)),
      'of one': withSignature(rsa, () => Buffer.concat([Buffer.alloc(255), Buffer.from([1])])),
      'with a zero before': withSignature(rsa, (signature) => Buffer.concat([Buffer.alloc(1), signature])),
      'with a zero after': withSignature(rsa, (signature) => Buffer.concat([signature, Buffer.alloc(1)])),
      'one byte short': withSignature(rsa, (signature) => signature.subarray(0, 255)),
    }),
  ];
}

function headersThatOffer({ issuers: { ec }, canary, token }: TokenWorld): HostileToken[] {
  const mallory = createTestKey('ES256', { kid: ec.key.kid });
  const forge = (header: Claims): string => signTestToken(mallory, goodClaims(ec.issuer), header);
  const certificate = createPublicKey(mallory.privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  const offers = Object.entries({
    jwk: mallory.publicJwk,
    jku: `${canary.origin}/jwks`,
    x5u: `${canary.origin}/x5u`,
    x5c: [certificate],
    kid: `${canary.origin}/kid`,
  });
  const kids: unknown[] = ['../../etc/passwd', "' or 1=1 --", '$(id)', '__proto__', 'constructor', 'toString', ''];
  const oddKids: unknown[] = [
    'a\r\nb: c',
    'k'.repeat(9000),
    1,
    null,
    [ec.key.kid],
    { kid: 1 },
    'EC-KEY',
    `${ec.key.kid} `,
  ];
  const extensions = [
    { crit: ['exp'] },
    { crit: [] },
    { crit: 'b64' },
    { crit: null },
    { crit: [1] },
    { crit: ['x'], x: 1 },
    { crit: ['b64'], b64: false },
    { b64: false },
    { b64: true },
    { crit: ['alg'] },
    { crit: {} },
  ];
  return [
    ...offers.map(([name, value]): HostileToken => [`T5 a key of its own by ${name}`, forge({ [name]: value })]),
    ['T5 all offers at once', forge(Object.fromEntries(offers))],
    ...[...kids, ...oddKids].map((kid): HostileToken => [
      `T6 kid ${JSON.stringify(kid).slice(0, 40)}`,
      token(ec, {}, { kid }),
    ]),
    ...extensions.map((header): HostileToken => [`T7 ${JSON.stringify(header)}`, token(ec, {}, header)]),
  ];
}

function badClaims({ issuers: { ec, own }, token }: TokenWorld): HostileToken[] {
  const raw = (member: string): string =>
    signTestParts(
      ec.key,
      JSON.stringify({ alg: 'ES256', kid: ec.key.kid }),
      JSON.stringify({ ...goodClaims(ec.issuer), exp: undefined }).replace(/}$/, `,${member}}`),
    );
  const rows = (row: string, name: string, values: readonly unknown[]): HostileToken[] =>
    values.flatMap((value): HostileToken[] => [
      [`${row} ${name} ${text(value)}`, token(ec, { [name]: value })],
      [`${row} ${name} ${text(value)}, our own issuer`, token(own, { [name]: value })],
    ]);
  const late = TEST_START + 61;
  const times = [String(TEST_START), true, [TEST_START], {}, -1];
  const expiries = [undefined, null, ...times, 0, TEST_START - 1, TEST_START, TEST_START * 1000, 1e15, 253_402_300_800];
  const literals = '1e400 -1e400 1e308 NaN Infinity 0x7fffffff 01800000600 1800000600. +1800000600'.split(' ');
  const audiences = [undefined, 'Gateway', 'gateway/', 'gate', 'gateway2', ' gateway', '', '*', ['other'], {}, null, 1];
  return [
    ...rows('T12', 'exp', expiries),
    ...literals.map((text): HostileToken => [`T12 exp ${text}`, raw(`"exp":${text}`)]),
    ...rows('T13', 'nbf', [...times, late]),
    ...rows('T13', 'iat', [...times, late]),
    ...audiences.map((aud): HostileToken => [`T14 aud ${text(aud)}`, token(ec, { aud })]),
    ...rows('T14', 'aud', [['gateway', 1], [['gateway']], [null], { 0: 'gateway' }]),
    ...rows('T19', 'sub', [1, ['bob'], {}, '']),
    ...rows('T19', 'client_id', [1, ['gateway'], '']),
    ...rows('T19', 'scope', [1, {}, ['introspect', 1], [['introspect']]]),
    ...rows('T19', 'jti', [1, {}, '']),
    ...rows('T18', 'cnf', ['x', 1, null, []]),
  ];
}

function wrongIssuers({ issuers: { ec, rsa, ed, own }, canary, token }: TokenWorld): HostileToken[] {
  const mixUps = [ec, rsa, ed, own].flatMap((signer) =>
    [ec, rsa, ed, own]
      .filter((claimedIssuer) => claimedIssuer !== signer)
      .map((claimedIssuer): HostileToken => {
        const mixUp = token(signer, { iss: claimedIssuer.issuer }, { kid: claimedIssuer.key.kid });
        return [`T15 signed by ${signer.issuer}, says it is of ${claimedIssuer.issuer}`, mixUp];
      }),
  );
  const strangers = [
    canary.origin,
    `${canary.origin}/.well-known/openid-configuration`,
    'https://stranger.example.com',
    'file:///etc/passwd',
    `${ec.issuer}/`,
    `${ec.issuer} `,
    ec.issuer.toUpperCase(),
    ec.issuer.replace('https', 'http'),
    `${ec.issuer}#`,
    `${ec.issuer}@${canary.origin}`,
    '',
    '__proto__',
    null,
    1,
    [ec.issuer],
    { iss: ec.issuer },
    undefined,
  ];
  return [...mixUps, ...strangers.map((iss): HostileToken => [`T16 iss ${text(iss)}`, token(ec, { iss })])];
}

function otherKinds({ issuers: { ec, own }, token }: TokenWorld): HostileToken[] {
  const types = ['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'token-introspection+jwt', 'client-authentication+jwt'];
  const others = ['kb+jwt', 'oauth-authz-req+jwt', 'jwk+json', 'JOSE', 'JWE', '', 'at+jwt ', 'at+jwt;v=1', 'xat+jwt'];
  const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const idToken = { client_id: undefined, scope: undefined, nonce: 'n', at_hash: 'h' };
  return [
    ...[...types, ...others].flatMap((typ): HostileToken[] => [
      [`T17 typ ${JSON.stringify(typ)}`, token(ec, {}, { typ })],
      [`T17 typ ${JSON.stringify(typ)}, our own issuer`, token(own, {}, { typ })],
    ]),
    ...rowsOf('T17', {
      'our own token without a typ': token(own, {}, { typ: undefined }),
      'our own token with typ JWT': token(own, {}, { typ: 'JWT' }),
      'typ that is no string': token(ec, {}, { typ: ['at+jwt'] }),
      // AM and Keycloak sign theirs as they sign access tokens
      'a refresh token of AM': token(ec, { tokenName: 'refresh_token', token_type: 'Bearer' }, { typ: 'JWT' }),
      'a refresh token of Keycloak': token(ec, { typ: 'Refresh', azp: 'app' }, { typ: 'JWT' }),
      'an offline token of Keycloak': token(ec, { typ: 'Offline', azp: 'app' }, { typ: 'JWT' }),
      'a refresh token of Hydra': token(ec, { token_use: 'refresh_token' }),
      'a logout token with typ JWT': token(ec, { events: event }, { typ: 'JWT' }),
      'a logout token with typ at+jwt': token(ec, { events: event }),
      'an ID token': token(ec, idToken, { typ: 'JWT' }),
      'an ID token of ours': token(own, idToken, { typ: 'JWT' }),
    }),
  ];
}

function tooBig({ issuers: { ec }, token }: TokenWorld): HostileToken[] {
  const nest = (open: string, close: string, depth: number): string => {
    const claims = JSON.stringify(goodClaims(ec.issuer)).replace(
      /}$/,
      `,"x":${open.repeat(depth)}1${close.repeat(depth)}}`,
    );
    return signTestParts(ec.key, JSON.stringify({ alg: 'ES256', kid: ec.key.kid }), claims);
  };
  return rowsOf('T20', {
    '17 KB': token(ec, { pad: 'x'.repeat(12_600) }),
    '60 KB': token(ec, { pad: 'x'.repeat(45_000) }),
    '101 arrays deep': nest('[', ']', 101),
    '5,000 arrays deep': nest('[', ']', 5000),
    '1,500 objects deep': nest('{"a":', '}', 1500),
    '16,000 dots': '.'.repeat(16_000),
    '10,000 members of one name': signTestParts(ec.key, `{${'"alg":"ES256",'.repeat(500)}"kid":"x"}`, '{}'),
  });
}
