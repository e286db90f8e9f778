import { afterEach, describe, expect, it } from '@jest/globals';
import { createHttpClient } from '@mandate/service-kit';
import {
  type FixedClock,
  type IssuerStandIn,
  JWKS_PATH,
  type TestKey,
  assertionForm,
  createTestKey,
  fixedClock,
  signTestAssertion,
  startIssuer,
} from '@mandate/testing';
import { type Authentication, GRANT, ISSUER, startAuthentication } from './start-authentication.js';

const OLD = createTestKey('PS256');
const NEW = createTestKey('PS256');
const UNKNOWN = createTestKey('PS256');

let keys: IssuerStandIn;
let service: Authentication;
let clock: FixedClock;
afterEach(async () => {
  await service.stop();
  await keys.close();
});

/** A client that publishes its key on loopback, which the operator lists unless told otherwise. */
async function start({ privateHosts = ['127.0.0.1'], jwksUri }: { privateHosts?: string[]; jwksUri?: string } = {}) {
  keys = await startIssuer(OLD.publicJwk);
  clock = fixedClock();
  service = await startAuthentication(
    {},
    {
      clock,
      clients: [{ clientId: 'c-pk-ps', jwksUri: jwksUri ?? keys.jwksUri, tokenEndpointAuthSigningAlg: 'PS256' }],
      http: createHttpClient({ privateHosts, timeoutMs: 5000 }),
    },
  );
}

async function ask(key: TestKey): Promise<number> {
  const assertion = signTestAssertion(key, { clientId: 'c-pk-ps', audience: ISSUER, now: clock() });
  return (await service.post({ ...GRANT, ...assertionForm(assertion) })).status;
}

const askAtOnce = (key: TestKey, times: number) => Promise.all(Array.from({ length: times }, () => ask(key)));
const fetches = () => keys.requests.length;

describe('the keys at the jwksUri of a client', () => {
  it('are fetched when first needed, once for all who wait', async () => {
    await start();
    expect(fetches()).toBe(0);
    expect(new Set(await askAtOnce(OLD, 100))).toEqual(new Set([200]));
    expect(fetches()).toBe(1);
  });

  it('CA-62 a new key is accepted after one fetch, however many bring it at once; the old one is not any more', async () => {
    await start();
    expect(await ask(OLD)).toBe(200);
    keys.publish([NEW.publicJwk]);
    clock.advance(30);
    expect(new Set(await askAtOnce(NEW, 100))).toEqual(new Set([200]));
    expect(fetches()).toBe(2);
    expect(await ask(OLD)).toBe(401);
  });

  it('K1 unknown keys are one fetch in the cooldown, and a new key is accepted after it', async () => {
    await start();
    await ask(OLD);
    clock.advance(30);
    expect(new Set(await askAtOnce(UNKNOWN, 20))).toEqual(new Set([401]));
    keys.publish([OLD.publicJwk, NEW.publicJwk]);
    expect(await ask(UNKNOWN)).toBe(401);
    expect(fetches()).toBe(2);
    clock.advance(30);
    expect(await ask(NEW)).toBe(200);
    expect(await ask(OLD)).toBe(200);
  });

  it('K2 a removed key is refused after the greatest age', async () => {
    await start();
    expect(await ask(OLD)).toBe(200);
    keys.publish([NEW.publicJwk]);
    clock.advance(300);
    expect(await ask(OLD)).toBe(401);
  });

  it('K3 known keys serve while they cannot be fetched; an unknown one is 503, and so is the first', async () => {
    await start();
    keys.answer(JWKS_PATH, (_request, response) => response.writeHead(500).end());
    expect(await ask(OLD)).toBe(503);
    keys.answer(JWKS_PATH, undefined);
    clock.advance(5);
    expect(await ask(OLD)).toBe(200);
    keys.answer(JWKS_PATH, (_request, response) => response.writeHead(500).end());
    clock.advance(3600);
    expect(await ask(OLD)).toBe(200);
    expect(await ask(NEW)).toBe(503);
    expect(service.logLines.join('')).toContain('client keys not fetched');
  });

  it.each<[string, number, string]>([
    ['HTML', 200, '<html></html>'],
    ['no set', 200, '{"kty":"EC"}'],
    ['more than 1 MiB', 200, `{"keys":[],"x":"${'x'.repeat(1_100_000)}"}`],
    ['more than 100 keys', 200, JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) })],
    ['a redirect (K4)', 302, ''],
  ])('%s at it is 503', async (_name, status, body) => {
    await start();
    keys.answer(JWKS_PATH, (_request, response) => {
      response.writeHead(status, { location: `${keys.issuer}/elsewhere` }).end(body);
    });
    expect(await ask(OLD)).toBe(503);
    expect(keys.requests).toEqual([JWKS_PATH]);
  });

  it('C4 a secret among them is no key', async () => {
    await start();
    const secret = createTestKey('HS256');
    keys.publish([{ ...secret.publicJwk, kid: OLD.kid }]);
    expect(await ask({ ...secret, kid: OLD.kid })).toBe(401);
    expect(await ask(OLD)).toBe(401);
  });
});

describe('K4 a jwksUri that is not https, or leads to a private address', () => {
  it('is not followed, unless OUTBOUND_PRIVATE_HOSTS has its host', async () => {
    await start({ privateHosts: [] });
    expect(await ask(OLD)).toBe(503);
    expect(fetches()).toBe(0);
    expect(service.logLines.join('')).toContain('a learned URL is not https');
  });

  it.each([
    'https://127.0.0.1:1/jwks',
    'https://[::1]/jwks',
    'https://169.254.169.254/jwks',
    'https://localhost:1/jwks',
  ])('such as %s is not followed', async (jwksUri) => {
    await start({ privateHosts: [], jwksUri });
    expect(await ask(OLD)).toBe(503);
    expect(service.logLines.join('')).toMatch(/a learned (URL names|host has) a private address/);
  });
});
