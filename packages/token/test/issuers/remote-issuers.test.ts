import { gzipSync } from 'node:zlib';
import type { JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient, HttpRequest } from '@mandate/ports';
import {
  DISCOVERY_PATH,
  type IssuerStandIn,
  JWKS_PATH,
  TEST_START,
  createTestKey,
  describeIssuerKeysContract,
  fetchHttpClient,
  fixedClock,
  signTestToken,
  startIssuer,
  until,
} from '@mandate/testing';
import {
  type KeyRefresh,
  type TokenVerifier,
  createIssuerKeys,
  createOpenidIssuerKeys,
  createTokenVerifier,
} from '../../src/index.js';

const key = createTestKey('ES256', { kid: 'k1' });

describeIssuerKeysContract('jwksUri', async ({ publicJwk }) => {
  const issuer = await startIssuer(publicJwk);
  const issuers = [{ issuer: 'https://issuer.example', jwksUri: issuer.jwksUri }];
  const issuerKeys = createOpenidIssuerKeys({ issuers, http: fetchHttpClient(), clock: fixedClock() });
  return { issuerKeys, issuer: 'https://issuer.example', close: issuer.close };
});

describeIssuerKeysContract('openid', async ({ publicJwk }) => {
  const { issuer, close } = await startIssuer(publicJwk);
  const options = { http: fetchHttpClient(), clock: fixedClock() };
  return { issuerKeys: createOpenidIssuerKeys({ ...options, issuers: [{ issuer, openid: true }] }), issuer, close };
});

describe('an issuer on the network', () => {
  let issuer: IssuerStandIn;
  let clock: ReturnType<typeof fixedClock>;
  let refreshes: KeyRefresh[];
  let requests: HttpRequest[];
  let verifier: TokenVerifier;

  const recorder = (timeoutMs: number): HttpClient => ({
    send: (request) => {
      requests.push(request);
      return fetchHttpClient({ timeoutMs }).send(request);
    },
  });
  const http = recorder(20_000);
  const use = (source: 'jwksUri' | 'openid', http_ = http): void => {
    const record =
      source === 'openid'
        ? { issuer: issuer.issuer, openid: true as const }
        : { issuer: issuer.issuer, jwksUri: issuer.jwksUri };
    const onRefresh = (refresh: KeyRefresh): void => void refreshes.push(refresh);
    verifier = createTokenVerifier({
      clock,
      issuers: createOpenidIssuerKeys({ issuers: [record], http: http_, clock, onRefresh }),
    });
  };
  const token = (signedWith = key, members: object = {}): string =>
    signTestToken(signedWith, { iss: issuer.issuer, sub: 'alice', exp: clock() + 600, ...members });
  const verdict = async (text: string): Promise<string> => {
    const result = await verifier.verify(text);
    return result.ok ? 'ok' : result.reason;
  };

  beforeEach(async () => {
    issuer = await startIssuer(key.publicJwk);
    clock = fixedClock(TEST_START);
    [refreshes, requests] = [[], []];
    use('jwksUri');
  });
  afterEach(() => issuer.close());

  it('verifies with fetched keys, and reports the refresh', async () => {
    expect(await verdict(token())).toBe('ok');
    expect(refreshes).toEqual([{ issuer: issuer.issuer, failure: undefined, detail: undefined, refused: [] }]);
  });

  it('T16 never contacts anybody for an unlisted issuer, T5 nor for an address in the header', async () => {
    expect(await verdict(signTestToken(key, { iss: 'https://evil.example', exp: clock() + 60 }))).toBe(
      'unknown_issuer',
    );
    expect(await verdict(signTestToken(key, { iss: 'https://evil.example' }, { jku: issuer.jwksUri }))).toBe(
      'unknown_issuer',
    );
    expect(requests).toEqual([]);
  });

  it('T2 takes no HMAC key from a JWKS (settled choice 7), T22 nor a weak one, and keeps the rest', async () => {
    const secret = createTestKey('HS256', { kid: 'hs' });
    const weak = createTestKey('RS256', { kid: 'weak', rsaBits: 1024 });
    issuer.publish([secret.privateJwk, weak.publicJwk, key.publicJwk]);
    expect(await verdict(token())).toBe('ok');
    expect(refreshes[0]?.refused).toMatchObject([
      { kid: 'hs', reason: 'symmetric_key' },
      { kid: 'weak', reason: 'rsa_modulus' },
    ]);
    expect(await verdict(token(secret))).toBe('unknown_key');
    expect(await verdict(token(weak))).toBe('unknown_key');
  });

  it.each([
    [
      'padding',
      (jwk: JWK): object => ({ ...jwk, y: `${String(jwk.y)}=` }),
      { kid: 'odd', reason: 'malformed_members' },
    ],
    ['use: null', (jwk: JWK): object => ({ ...jwk, use: null }), { kid: 'odd', reason: 'not_for_signatures' }],
    ['a numeric kid', (jwk: JWK): object => ({ ...jwk, kid: 7 }), { kid: '7', reason: 'malformed_key' }],
  ])('loses only the one key that has %s, and says which', async (_name, spoil, reason) => {
    const oddKey = createTestKey('ES256', { kid: 'odd' });
    issuer.publish([spoil(oddKey.publicJwk), key.publicJwk]);
    expect(await verdict(token())).toBe('ok');
    expect(refreshes[0]?.refused).toEqual([{ index: 0, ...reason }]);
    expect(await verdict(token(oddKey))).toBe('unknown_key');
  });

  it('tries every key of one kid, of the same algorithm and of another', async () => {
    const twins = ['ES256', 'ES256', 'RS256'].map((alg) => createTestKey(alg, { kid: 'one' }));
    issuer.publish(twins.map(({ publicJwk }) => publicJwk));
    for (const twin of twins) expect(await verdict(token(twin))).toBe('ok');
    expect(await verdict(token(createTestKey('ES256', { kid: 'one' })))).toBe('bad_signature');
  });

  it('T2 does not even ask for keys on account of an HMAC token', async () => {
    expect(await verdict(token(createTestKey('HS256', { kid: 'k1' })))).toBe('unknown_key');
    expect(requests).toEqual([]);
  });

  it.each([
    ['500', 500, 'oops'],
    ['404', 404, '{}'],
    ['a redirect', 302, ''],
    ['HTML', 200, '<html></html>'],
    ['nothing', 200, ''],
    ['a truncated answer', 200, '{"keys":['],
    ['duplicate members', 200, '{"keys":[],"keys":[]}'],
    ['no keys member', 200, '{}'],
    ['keys that are no array', 200, '{"keys":{}}'],
    ['a JWK alone', 200, '{"kty":"RSA"}'],
    ['a list', 200, '[]'],
    ['JW-14 101 keys', 200, `{"keys":[${Array(101).fill('{}').join()}]}`],
    ['JW-14 2 MiB', 200, `{"keys":[],"x":"${'x'.repeat(2_097_152)}"}`],
    ['JW-14 a number of a million digits', 200, `{"keys":[${'9'.repeat(1_000_000)}]}`],
    ['JW-14 deep nesting', 200, `{"keys":${'['.repeat(200_000)}`],
  ])('JW-09 keeps the last good keys when the JWKS answers %s', async (_kind, status, body) => {
    expect(await verdict(token())).toBe('ok');
    issuer.answer(JWKS_PATH, (_request, response) => response.writeHead(status, { location: '/elsewhere' }).end(body));
    clock.advance(301);
    expect(await verdict(token())).toBe('ok');
    expect(refreshes[1]?.failure).toEqual(expect.stringMatching(/^(status|malformed|too_large|unreachable)$/));
    await expect(verifier.verify(token(createTestKey('ES256')))).rejects.toMatchObject({ name: 'UpstreamError' });
    expect(requests.map(({ url }) => url)).toEqual([issuer.jwksUri, issuer.jwksUri]);
  });

  it('JW-12 gives up on a JWKS that hangs, and serves other issuers meanwhile', async () => {
    issuer.answer(JWKS_PATH, () => undefined);
    const otherIssuer = await startIssuer(key.publicJwk);
    const issuers = [issuer, otherIssuer].map(({ issuer: name, jwksUri }) => ({ issuer: name, jwksUri }));
    const open = (timeoutMs: number) =>
      createTokenVerifier({ clock, issuers: createOpenidIssuerKeys({ issuers, http: recorder(timeoutMs), clock }) });
    verifier = open(20_000);
    let hangs = true;
    const verification = verifier.verify(token()).catch(() => undefined);
    void verification.then(() => (hangs = false));
    expect(await verdict(token(key, { iss: otherIssuer.issuer }))).toBe('ok');
    expect(hangs).toBe(true);
    await expect(open(300).verify(token())).rejects.toMatchObject({ failure: 'timeout' });
    await otherIssuer.close();
  });

  it('finds the keys by discovery, asks for the document once, and again after a failure', async () => {
    use('openid');
    expect(await verdict(token())).toBe('ok');
    clock.advance(301);
    expect(await verdict(token())).toBe('ok');
    expect(issuer.requests).toEqual([DISCOVERY_PATH, JWKS_PATH, JWKS_PATH]);
    issuer.answer(JWKS_PATH, (_request, response) => response.writeHead(404).end());
    clock.advance(301);
    await verdict(token());
    issuer.answer('/moved', (_request, response) => response.end(JSON.stringify({ keys: [key.publicJwk] })));
    issuer.discover({ jwks_uri: `${issuer.issuer}/moved` });
    clock.advance(31);
    expect(await verdict(token())).toBe('ok');
    await until(() => issuer.requests.includes('/moved'));
    expect(issuer.requests.slice(3)).toEqual([JWKS_PATH, DISCOVERY_PATH, '/moved']);
  });

  it.each([['https://other.example'], [undefined], [null], ['http://127.0.0.1'], [['x']]])(
    'JW-17 K5 refuses a discovery document of the issuer %j (OpenID Connect Discovery section 4.3)',
    async (foreignIssuer) => {
      issuer.discover({ issuer: foreignIssuer });
      use('openid');
      await expect(verifier.verify(token())).rejects.toMatchObject({ failure: 'refused' });
      expect(issuer.requests).toEqual([DISCOVERY_PATH]);
    },
  );

  it('JW-17 compares the issuer with the configured one octet for octet', async () => {
    issuer.discover({ issuer: `${issuer.issuer}/` });
    use('openid');
    await expect(verifier.verify(token())).rejects.toMatchObject({ failure: 'refused' });
  });

  it.each(['ftp://other.example/jwks', 'file:///etc/passwd', 'data:application/json,{}'])(
    'JW-18 refuses the jwks_uri %s',
    async (jwksUri) => {
      issuer.discover({ jwks_uri: jwksUri });
      use('openid');
      await expect(verifier.verify(token())).rejects.toMatchObject({ failure: 'refused' });
      expect(requests).toHaveLength(1);
    },
  );

  it('JW-18 marks a jwks_uri on another origin as learned, so that the address guard applies; the same origin is not', async () => {
    use('openid');
    await verdict(token());
    expect(requests.map(({ learned }) => learned)).toEqual([false, false]);
    issuer.discover({ jwks_uri: 'https://keys.example/jwks' });
    const guardedClient: HttpClient = {
      send: (request) => {
        requests.push(request);
        if (!request.learned) return fetchHttpClient().send(request);
        return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify({ keys: [key.publicJwk] }) });
      },
    };
    use('openid', guardedClient);
    expect(await verdict(token())).toBe('ok');
    expect(requests.at(-1)).toMatchObject({ url: 'https://keys.example/jwks', learned: true });
  });

  it.each([
    ['a redirect', (): [number, Record<string, string>, Buffer] => [302, { location: '/jwks' }, Buffer.alloc(0)]],
    ['HTML', (): [number, Record<string, string>, Buffer] => [200, {}, Buffer.from('<html>')]],
    [
      'a gzip bomb',
      (): [number, Record<string, string>, Buffer] => [
        200,
        { 'content-encoding': 'gzip' },
        gzipSync(Buffer.alloc(20_000_000, 32)),
      ],
    ],
    [
      'no jwks_uri',
      (): [number, Record<string, string>, Buffer] => [200, {}, Buffer.from(JSON.stringify({ issuer: issuer.issuer }))],
    ],
    [
      'a jwks_uri that is no URL',
      (): [number, Record<string, string>, Buffer] => [
        200,
        {},
        Buffer.from(JSON.stringify({ issuer: issuer.issuer, jwks_uri: 'jwks' })),
      ],
    ],
  ])('JW-19 refuses discovery that answers %s', async (_kind, answer) => {
    issuer.answer(DISCOVERY_PATH, (_request, response) => {
      const [status, headers, body] = answer();
      response.writeHead(status, headers).end(body);
    });
    use('openid');
    await expect(verifier.verify(token())).rejects.toMatchObject({ name: 'UpstreamError' });
    expect(issuer.requests).toEqual([DISCOVERY_PATH]);
  });

  it('bounds every answer at 1 MiB', async () => {
    use('openid');
    await verdict(token());
    expect(requests.map(({ maxResponseBytes }) => maxResponseBytes)).toEqual([1_048_576, 1_048_576]);
  });

  it('keeps fetched keys over a reload of the list, and forgets an issuer that left it', async () => {
    const record = { issuer: issuer.issuer, jwksUri: issuer.jwksUri };
    let records = [record];
    const issuers = createIssuerKeys({ current: () => records, http, clock });
    verifier = createTokenVerifier({ clock, issuers });
    expect(await verdict(token())).toBe('ok');
    records = [{ ...record }, { issuer: 'https://more.example', jwksUri: issuer.jwksUri }];
    expect(await verdict(token())).toBe('ok');
    expect(issuer.requests).toHaveLength(1);
    expect(issuers.issuers()).toEqual([issuer.issuer, 'https://more.example']);
    records = [];
    expect(await verdict(token())).toBe('unknown_issuer');
  });
});
