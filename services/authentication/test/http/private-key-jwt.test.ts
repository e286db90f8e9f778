import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPublicKey, createSecretKey, sign } from 'node:crypto';
import { TEST_START, signTestParts, type TestKey } from '@mandate/testing';
import { ACCEPTED, type Attempt, type AssertionWorld, KEYS, REFUSED, startAssertionWorld } from './assertion-world.js';
import { ISSUER } from './start-authentication.js';

const NOW = TEST_START;
const TOKEN_ENDPOINT = `${ISSUER}/oauth2/token`;

let world: AssertionWorld;
beforeAll(async () => {
  world = await startAssertionWorld();
});
afterAll(() => world.stop());

describe('private_key_jwt (RFC 7523 section 2.2)', () => {
  it('authenticates a client by its key', async () => {
    expect(await world.ask()).toEqual(ACCEPTED);
    expect(await world.ask({ form: { client_id: 'c-pk' } })).toEqual(ACCEPTED);
    expect(await world.ask({ header: { typ: undefined, kid: undefined } })).toEqual(ACCEPTED);
    expect(await world.ask({ header: { typ: 'client-authentication+jwt' } })).toEqual(ACCEPTED);
  });

  it('takes RSA and PSS from a key that leaves the algorithm open', async () => {
    const rsa = { clientId: 'c-rsa', key: KEYS.rsa };
    expect(await world.ask(rsa)).toEqual(ACCEPTED);
    expect(await world.ask({ ...rsa, key: { ...KEYS.rsa, alg: 'PS256' } })).toEqual(ACCEPTED);
  });

  it('says in the log which method it was, and nothing of the assertion', async () => {
    const assertion = world.assertion({ claims: { jti: 'canary-jti-1' } });
    await world.present(assertion);
    await world.present(assertion);
    const log = world.logLines.join('');
    expect(log).toContain('"authenticationMethod":"private_key_jwt"');
    expect(log).toContain('private_key_jwt: replayed');
    expect(log).not.toContain('canary-jti-1');
    for (const part of assertion.split('.')) expect(log).not.toContain(part.slice(0, 20));
  });
});

describe('the claims of an assertion', () => {
  it.each<[string, Attempt]>([
    ['CA-26 C3 without exp', { claims: { exp: undefined } }],
    ['CA-26 C3 whose exp is empty', { claims: { exp: '' } }],
    ['T12 whose exp is text', { claims: { exp: String(NOW + 60) } }],
    ['T12 whose exp is in milliseconds', { claims: { exp: (NOW + 60) * 1000, iat: NOW } }],
    ['CA-27 C3 without aud', { claims: { aud: undefined } }],
    ['C3 without jti', { claims: { jti: undefined } }],
    ['C3 whose jti is empty', { claims: { jti: '' } }],
    ['C3 whose jti is a number', { claims: { jti: 7 } }],
    ['CA-29 without iss', { claims: { iss: undefined } }],
    ['CA-30 C3 without sub', { claims: { sub: undefined } }],
    ['CA-31 of another issuer', { claims: { iss: 'c-other' } }],
    ['CA-31 of another subject', { claims: { sub: 'c-other' } }],
    ['CA-31 of another client', { claims: { iss: 'c-other', sub: 'c-other' } }],
    ['CA-31 beside another client_id', { form: { client_id: 'c-other' } }],
    ['CA-35 that expired 300 s ago', { claims: { iat: NOW - 360, exp: NOW - 300 } }],
    ['that expired as long ago as the skew', { claims: { iat: NOW - 60, exp: NOW - 30 } }],
    ['CA-50 whose iat is 62 s ahead', { claims: { iat: NOW + 62, exp: NOW + 120 } }],
    ['T13 whose nbf is 62 s ahead', { claims: { nbf: NOW + 62, exp: NOW + 120 } }],
    ['T13 whose nbf is text', { claims: { nbf: String(NOW) } }],
    ['CA-51 C3 that lives for an hour', { claims: { exp: NOW + 3600 } }],
    ['CA-51 C3 that lives for 301 s', { claims: { exp: NOW + 301 } }],
    ['CA-51 C3 that lives for an hour and does not say since when', { claims: { iat: undefined, exp: NOW + 3600 } }],
    ['CA-61 that is an access token by its typ', { header: { typ: 'at+jwt' } }],
    ['CA-61 that is an access token by its claims', { claims: { client_id: 'c-pk', scope: 'read' } }],
    ['CA-61 that is an ID token', { claims: { nonce: 'n', at_hash: 'h' } }],
    ['T17 that is a logout token', { claims: { events: {} } }],
    ['T17 that is a DPoP proof', { header: { typ: 'dpop+jwt' } }],
  ])('%s is 401 invalid_client', async (_name, attempt) => {
    expect(await world.ask(attempt)).toEqual(REFUSED);
  });

  it.each<[string, Attempt]>([
    ['whose iat is 8 s ahead (T13)', { claims: { iat: NOW + 8, exp: NOW + 60 } }],
    ['that lives for 300 s', { claims: { exp: NOW + 300 } }],
    ['that expired a second ago, within the skew', { claims: { iat: NOW - 60, exp: NOW - 1 } }],
    ['without iat, which is optional', { claims: { iat: undefined } }],
    ['with claims of its own', { claims: { reason: 'because' } }],
  ])('%s is accepted', async (_name, attempt) => {
    expect(await world.ask(attempt)).toEqual(ACCEPTED);
  });
});

describe('C2 the audience of an assertion', () => {
  const REFUSED_ALWAYS: [string, unknown][] = [
    ['another server', 'https://other.example.com'],
    ['the issuer with a slash', `${ISSUER}/`],
    ['the issuer in capitals', ISSUER.toUpperCase()],
    ['something longer', `${ISSUER}.evil.example`],
    ['the issuer and another server', [ISSUER, 'https://other.example.com']],
    ['nobody', []],
    ['a number', 7],
    ['a list in a list', [[ISSUER]]],
    ['nothing', ''],
  ];
  const REFUSED_STRICTLY: [string, unknown][] = [
    ['CA-40 a list of the issuer', [ISSUER]],
    ['CA-42 a list of token endpoint and issuer', [TOKEN_ENDPOINT, ISSUER]],
    ['the token endpoint', TOKEN_ENDPOINT],
    ['the token endpoint (IMS)', `${ISSUER}/service/access_token`],
  ];

  it.each([...REFUSED_ALWAYS, ...REFUSED_STRICTLY])('ASSERTION_AUDIENCE=strict refuses %s', async (_name, aud) => {
    expect(await world.ask({ claims: { aud } })).toEqual(REFUSED);
  });

  describe('with ASSERTION_AUDIENCE=compat', () => {
    let compat: AssertionWorld;
    beforeAll(async () => {
      compat = await startAssertionWorld({ ASSERTION_AUDIENCE: 'compat' });
    });
    afterAll(() => compat.stop());

    it.each([...REFUSED_STRICTLY, ['the issuer', ISSUER]])('accepts %s', async (_name, aud) => {
      expect(await compat.ask({ claims: { aud } })).toEqual(ACCEPTED);
    });

    it.each(REFUSED_ALWAYS)('refuses %s', async (_name, aud) => {
      expect(await compat.ask({ claims: { aud } })).toEqual(REFUSED);
    });

    it('accepts one that lives for an hour, once, and none that lives longer', async () => {
      const hour = compat.assertion({ claims: { exp: NOW + 3600 } });
      expect(await compat.present(hour)).toEqual(ACCEPTED);
      expect(await compat.present(hour)).toEqual(REFUSED);
      expect(await compat.ask({ claims: { exp: NOW + 3601 } })).toEqual(REFUSED);
    });
  });
});

describe('who may assert, and with which key', () => {
  it.each<[string, Attempt]>([
    ['CA-47 a public client', { clientId: 'c-none' }],
    ['a client that has no key', { clientId: 'c-secret' }],
    ['a client registered for client_secret_basic', { clientId: 'c-basic' }],
    ['an unknown client', { clientId: 'nobody' }],
    ['a client named like a member of Object', { clientId: '__proto__' }],
    ['a client with the key of another', { key: KEYS.other }],
    ['a client with the key of another under its own kid', { key: { ...KEYS.other, kid: KEYS.ec.kid } }],
    ['a client with a key that its header brings (T5)', { key: KEYS.other, header: { jwk: KEYS.other.publicJwk } }],
    ['CA-37 a client whose key is for another algorithm', { key: KEYS.rsa }],
    ['CA-37 RS256 where PS256 is registered', { clientId: 'c-ps', key: KEYS.rsa }],
    ['CA-37 ES384 where PS256 is registered', { clientId: 'c-ps', key: KEYS.p384 }],
  ])('%s is 401 invalid_client', async (_name, attempt) => {
    expect(await world.ask(attempt)).toEqual(REFUSED);
  });

  it('CA-37 the registered algorithm is accepted', async () => {
    expect(await world.ask({ clientId: 'c-ps', key: { ...KEYS.rsa, alg: 'PS256' } })).toEqual(ACCEPTED);
  });

  it.each(['spki pem', 'spki der', 'jwk'])('CA-38 C4 HS256 keyed with the public key (%s) is refused', async (form) => {
    const forgedKey: TestKey = { ...KEYS.ec, alg: 'HS256', privateKey: createSecretKey(encodedPublicKey(form)) };
    expect(await world.ask({ key: forgedKey })).toEqual(REFUSED);
  });

  it('T22 a weak key of a client is not used, and said so once; its other key is', async () => {
    expect(await world.ask({ clientId: 'c-weak' })).toEqual(ACCEPTED);
    expect(await world.ask({ clientId: 'c-weak' })).toEqual(ACCEPTED);
    const metrics = await world.metricsText();
    expect(metrics).toContain('client_keys_refused_total{reason="rsa_modulus"} 1');
  });

  it('a client registered for a key cannot use a secret, nor the other way round', async () => {
    const basic = await world.post('grant_type=client_credentials', { basic: 'c-pk:secret' });
    expect(basic.status).toBe(401);
    expect(await world.ask({ clientId: 'c-both' })).toEqual(ACCEPTED);
    expect((await world.post('grant_type=client_credentials', { basic: 'c-both:secret' })).status).toBe(200);
  });
});

function encodedPublicKey(form: string): Buffer {
  if (form === 'jwk') return Buffer.from(JSON.stringify(KEYS.ec.publicJwk));
  const key = createPublicKey(KEYS.ec.privateKey);
  if (form === 'spki der') return key.export({ type: 'spki', format: 'der' });
  return Buffer.from(key.export({ type: 'spki', format: 'pem' }));
}

describe('the form of an assertion', () => {
  const header = { alg: 'ES256', typ: 'JWT', kid: KEYS.ec.kid };
  const claims = () => ({ iss: 'c-pk', sub: 'c-pk', aud: ISSUER, jti: crypto.randomUUID(), iat: NOW, exp: NOW + 60 });
  const signParts = (head: unknown, payload: string | Buffer = JSON.stringify(claims())) =>
    signTestParts(KEYS.ec, typeof head === 'string' ? head : JSON.stringify(head), payload);
  const good = () => signParts(header);

  it('is accepted as this suite makes it', async () => {
    expect(await world.present(good())).toEqual(ACCEPTED);
  });

  it.each<[string, () => string]>([
    ['CA-23 without header and signature', () => `.${good().split('.')[1]}.`],
    ['CA-25 with a header of null', () => signParts('null')],
    ['T1 with alg none', () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good().split('.')[1]}.`],
    ['T1 with alg nOnE and a signature', () => signParts({ ...header, alg: 'nOnE' })],
    ['T1 with an empty alg', () => signParts({ ...header, alg: '' })],
    ['T1 with an alg that is a number', () => signParts({ ...header, alg: 7 })],
    ['T3 with a signature of zeros', () => `${good().split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`],
    ['T3 with a DER signature', () => withDerSignature(good())],
    ['T6 with a kid that is a number', () => signParts({ ...header, kid: 7 })],
    ['T7 with crit', () => signParts({ ...header, crit: ['exp'] })],
    ['T7 with b64', () => signParts({ ...header, b64: true })],
    ['T8 with a member twice', () => signParts(header, JSON.stringify(claims()).replace('{', '{"sub":"c-pk",'))],
    ['T9 with a newline at the end', () => `${good()}\n`],
    ['T9 with padding', () => `${good()}==`],
    ['T10 of two parts', () => good().split('.').slice(0, 2).join('.')],
    ['T10 of four parts', () => `${good()}.x`],
    ['T10 as a JSON object', () => JSON.stringify({ payload: 'x', signature: 'y', protected: 'z' })],
    ['T11 with a byte order mark', () => signParts(header, `\uFEFF${JSON.stringify(claims())}`)],
    ['T11 that is not UTF-8', () => signParts(header, Buffer.from([0x7b, 0xff, 0x7d]))],
    [
      'T12 with a number out of range',
      () => signParts(header, JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e400')),
    ],
    ['T20 over 16 KiB', () => signParts(header, JSON.stringify({ ...claims(), pad: 'x'.repeat(16_384) }))],
  ])('%s is 401 invalid_client', async (_name, make) => {
    expect(await world.present(make())).toEqual(REFUSED);
  });
});

function withDerSignature(assertion: string): string {
  const input = assertion.split('.').slice(0, 2).join('.');
  const signature = sign('sha256', Buffer.from(input), { key: KEYS.ec.privateKey, dsaEncoding: 'der' });
  return `${input}.${signature.toString('base64url')}`;
}

describe('C1 the one use of an assertion', () => {
  it('is refused the second time, whatever else the request says', async () => {
    const assertion = world.assertion();
    expect(await world.present(assertion)).toEqual(ACCEPTED);
    expect(await world.present(assertion)).toEqual(REFUSED);
    expect(await world.present(assertion, { scope: 'read', client_id: 'c-pk' })).toEqual(REFUSED);
    expect(await world.ask({ claims: { jti: 'same', reason: 1 } })).toEqual(ACCEPTED);
    expect(await world.ask({ claims: { jti: 'same', reason: 2 } })).toEqual(REFUSED);
  });

  it('CA-54 the jti of one client is not that of another', async () => {
    const claims = { jti: 'shared' };
    expect(await world.ask({ claims })).toEqual(ACCEPTED);
    expect(await world.ask({ claims, clientId: 'c-other', key: KEYS.other })).toEqual(ACCEPTED);
    expect(await world.ask({ claims })).toEqual(REFUSED);
  });

  it('is not used up by a forger, nor by a request that is wrong in another way', async () => {
    const claims = { jti: 'wanted' };
    expect(await world.ask({ claims, key: KEYS.other })).toEqual(REFUSED);
    expect(await world.ask({ claims: { ...claims, exp: NOW + 3600 } })).toEqual(REFUSED);
    expect(await world.ask({ claims, form: { client_id: 'c-other' } })).toEqual(REFUSED);
    expect(await world.ask({ claims })).toEqual(ACCEPTED);
  });

  it('CA-57 CA-59 of 50 copies at once exactly one is accepted, and one token is issued, in every round', async () => {
    for (let round = 0; round < 5; round++) {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion: world.assertion(),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      }).toString();
      const answers = await Promise.all(Array.from({ length: 50 }, () => world.post(form)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 49 }, () => 401)]);
      expect(answers.filter(({ body }) => 'access_token' in body)).toHaveLength(1);
    }
  });
});

describe('C1 the jti of an assertion that expired', () => {
  it('CA-56 stays used while the skew would still let the assertion pass', async () => {
    const late = await startAssertionWorld();
    const assertion = late.assertion({ claims: { exp: NOW + 10 } });
    expect(await late.present(assertion)).toEqual(ACCEPTED);
    for (const seconds of [11, 15, 13]) {
      late.clock.advance(seconds);
      expect(await late.present(assertion)).toEqual(REFUSED);
    }
    const now = late.clock();
    const dying = late.assertion({ claims: { iat: now - 60, exp: now - 1 } });
    expect(await late.present(dying)).toEqual(ACCEPTED);
    expect(await late.present(dying)).toEqual(REFUSED);
    await late.stop();
  });

  it('CA-55 may be used again once the assertion is of no use any more', async () => {
    const late = await startAssertionWorld();
    expect(await late.ask({ claims: { jti: 'again' } })).toEqual(ACCEPTED);
    late.clock.advance(60 + 30);
    expect(await late.ask({ claims: { jti: 'again' } })).toEqual(ACCEPTED);
    await late.stop();
  });
});
