import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoopbackService } from '@mandate/service-kit/testing';
import {
  type LoopbackServer,
  type TestKey,
  createTestKey,
  fixedClock,
  startLoopbackServer,
  until,
} from '@mandate/testing';
import { decodeProtectedHeader } from 'jose';
import { basic, postForm } from './post-form.js';
import { startService } from './start-service.js';
import { createFolder } from './worlds.js';

const ISSUER = 'https://mandate.example.com';
const LIFETIME = 3600;
/** How long token-validation believes a key set, and more. */
const CACHE_SECONDS = 301;

const folder = createFolder();

/** One of two replicas that sign, with a key file of its own: Kubernetes brings them a change at different moments. */
interface Signer {
  service: LoopbackService;
  /** Changes its file, and waits until it publishes these keys. */
  keys(...keys: TestKey[]): Promise<void>;
  issue(): Promise<string>;
}

const clock = fixedClock();

async function startSigner(name: string, first: TestKey): Promise<Signer> {
  const file = (...keys: TestKey[]): string =>
    folder.write(`${name}.json`, { keys: keys.map((key) => key.privateJwk) });
  const env = {
    TOKEN_ISSUER: ISSUER,
    TOKEN_DEFAULT_EXPIRATION_SECONDS: String(LIFETIME),
    TOKEN_SIGNATURE_JWKS_FILE: file(first),
    RELOAD_INTERVAL_SECONDS: '1',
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', [
      { clientId: 'app', clientSecret: 'secret', scopes: ['introspect'] },
    ]),
  };
  const service = await startService('authentication', env, clock);
  return {
    service,
    async keys(...keys) {
      file(...keys);
      const kids = keys.map(({ kid }) => kid).join();
      await until(async () => (await publishedBy(service)).join() === kids);
    },
    async issue() {
      const form = { grant_type: 'client_credentials' };
      const { body } = await postForm(`${service.publicUrl}/service/access_token`, form, basic('app', 'secret'));
      return String(body['access_token']);
    },
  };
}

async function publishedBy({ publicUrl }: LoopbackService): Promise<string[]> {
  const response = await fetch(`${publicUrl}/.well-known/jwks.json`);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

const kidOf = (token: string): unknown => decodeProtectedHeader(token).kid;

describe('rotation of a signing key over two replicas', () => {
  const [former, next] = [createTestKey('ES256', { kid: 'former' }), createTestKey('RS256', { kid: 'next' })];
  let firstSigner: Signer;
  let secondSigner: Signer;
  let balancer: LoopbackServer;
  let validation: LoopbackService;
  let fetches = 0;

  beforeAll(async () => {
    [firstSigner, secondSigner] = await Promise.all([startSigner('here', former), startSigner('there', former)]);
    // Whoever asks for the keys gets those of either replica, in turn.
    balancer = await startLoopbackServer((_request, response) => {
      const { service } = (fetches += 1) % 2 === 0 ? firstSigner : secondSigner;
      void fetch(`${service.publicUrl}/.well-known/jwks.json`).then(async (answer) =>
        response.end(await answer.text()),
      );
    });
    const env = {
      CLIENT_CREDENTIALS_JSON_PATH: join(folder.path, 'clients.json'),
      TRUSTED_ISSUERS_FILE: folder.write('issuers.json', [{ issuer: ISSUER, jwksUri: balancer.origin, own: true }]),
    };
    validation = await startService('token-validation', env, clock);
  });
  afterAll(async () => {
    await Promise.all([firstSigner.service.stop(), secondSigner.service.stop(), validation.stop(), balancer.close()]);
  });

  const isActive = async (token: string): Promise<unknown> =>
    (await postForm(`${validation.publicUrl}/service/introspect`, { token }, basic('app', 'secret'))).body['active'];
  /** A token of each replica, signed by these keys, and active. */
  const expectIssued = async (...kids: string[]): Promise<string[]> => {
    const tokens = [await firstSigner.issue(), await secondSigner.issue()];
    expect(tokens.map(kidOf)).toEqual(kids);
    for (const token of tokens) expect(await isActive(token)).toBe(true);
    return tokens;
  };

  it('K6 publishes before use, keeps the former key until its last token expires, and never refuses a good token', async () => {
    await expectIssued('former', 'former');

    // Append: the first of them signs as before.
    await firstSigner.keys(former, next);
    await expectIssued('former', 'former');
    await secondSigner.keys(former, next);
    await expectIssued('former', 'former');

    // Wait: every cache has both now, whichever replica it asked.
    clock.advance(CACHE_SECONDS);
    await expectIssued('former', 'former');
    const before = fetches;

    // Move to the front, one replica long before the other.
    await firstSigner.keys(next, former);
    const [, late = ''] = await expectIssued('next', 'former');
    clock.advance(10);
    await secondSigner.keys(next, former);
    await expectIssued('next', 'next');
    expect(await isActive(late)).toBe(true);
    expect(fetches).toBe(before);

    // Wait: the last token of the former key is good to its last second.
    clock.advance(LIFETIME - 11);
    expect(await isActive(late)).toBe(true);
    clock.advance(1);
    expect(await isActive(late)).toBe(false);

    // Remove.
    await firstSigner.keys(next);
    await expectIssued('next', 'next');
    await secondSigner.keys(next);
    clock.advance(CACHE_SECONDS);
    await expectIssued('next', 'next');
  }, 120_000);

  it('K6 keeps signing with what it has when a rotation is spoiled: no key, a weak one, halves of two keys', async () => {
    const weak = createTestKey('RS256', { rsaBits: 1024 });
    const mixedKey = { ...former.privateJwk, kid: 'mixed', d: createTestKey('ES256').privateJwk.d };
    const brokenFiles = [
      { keys: [] },
      { keys: [weak.privateJwk] },
      { keys: [next.publicJwk] },
      { keys: [next.privateJwk, mixedKey] },
    ];
    for (const content of brokenFiles) {
      folder.write('here.json', content);
      const readiness = `${firstSigner.service.managementUrl}/readyz?verbose`;
      await until(async () => (await (await fetch(readiness)).text()).includes('"degraded":true'));
      expect(kidOf(await firstSigner.issue())).toBe('next');
      await firstSigner.keys(next);
      await until(async () => !(await (await fetch(readiness)).text()).includes('"degraded":true'));
    }
  }, 120_000);
});
