import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FileError, UpstreamError } from '@mandate/ports';
import { createHttpClient, createLogger, createMetrics } from '@mandate/service-kit';
import {
  createTestAuthority,
  opensslProgram,
  startRealPart,
  testDirectory,
  type TestAuthority,
} from '@mandate/testing';
import { parseTrustedIssuers } from '@mandate/token';
import { composeTrustedIssuers } from '../src/index.js';
import { createIssuerClient, issuerFileProblems } from '../src/issuer-access.js';

const openssl = await startRealPart(opensslProgram, process.env);
const test = openssl === undefined ? it.skip : it;
const directory = testDirectory();
const file = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const http = createHttpClient({ timeoutMs: 5000 });
const tokens: (string | undefined)[] = [];
let authority: TestAuthority;
let jwksUri: string;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  authority = await createTestAuthority(directory, 'issuer-authority');
  const { certificateFile, keyFile } = await authority.issue('issuer', '127.0.0.1');
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
  // As the API server of Kubernetes: nobody gets its keys without a token.
  server = createServer(tls, (request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(request.headers.authorization === undefined ? 401 : 200).end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUri = `https://127.0.0.1:${(server.address() as AddressInfo).port}/openid/v1/jwks`;
});
afterAll(() => {
  http.close();
  server.closeAllConnections();
  server.close();
});

const clientOf = (files: { caFile?: string; bearerTokenFile?: string }) =>
  createIssuerClient({ issuer: 'https://kubernetes.default.svc', jwksUri, ...files }, { http, timeoutMs: 5000 });

test('fetches with the authority and the token of the issuer, each as its file has them now', async () => {
  const bearerTokenFile = file('token', 'first-token\n');
  const client = clientOf({ caFile: authority.caFile, bearerTokenFile });
  expect((await client.send({ method: 'GET', url: jwksUri })).status).toBe(200);
  file('token', 'second-token');
  await client.send({ method: 'GET', url: jwksUri });
  expect(tokens).toEqual(['Bearer first-token', 'Bearer second-token']);
});

test('believes no other authority, and sends no token to an address that it learned', async () => {
  await expect(clientOf({}).send({ method: 'GET', url: jwksUri })).rejects.toMatchObject({ failure: 'unreachable' });
  tokens.length = 0;
  const client = createIssuerClient(
    { issuer: 'https://a.example', jwksUri, caFile: authority.caFile, bearerTokenFile: file('token', 'a-token') },
    { http, timeoutMs: 5000, privateHosts: ['127.0.0.1'] },
  );
  expect((await client.send({ method: 'GET', url: jwksUri, learned: true })).status).toBe(401);
  expect(tokens).toEqual([undefined]);
});

test('fails as the issuer does where a file is gone or odd, without showing it', async () => {
  for (const files of [{ bearerTokenFile: join(directory, 'none') }, { bearerTokenFile: file('odd', 'a b hunter2') }]) {
    const error: unknown = await clientOf(files)
      .send({ method: 'GET', url: jwksUri })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ failure: 'refused' });
    expect(error instanceof UpstreamError && error.detail).toMatch(/^bearerTokenFile: [^2]*$/);
  }
});

test('refuses records whose files cannot be used, by their place', () => {
  const record = { issuer: 'https://a.example', jwksUri };
  const unusable = { caFile: file('ca', 'no PEM'), bearerTokenFile: join(directory, 'none') };
  const records = [record, { ...record, issuer: 'https://b.example', ...unusable }];
  const parse = (list: unknown) => parseTrustedIssuers(JSON.stringify(list, undefined, 1), issuerFileProblems);
  expect(() => parse(records)).toThrow(FileError);
  expect(() => parse(records)).toThrow(
    '[1].caFile: has no PEM certificate (line 9, column 13); [1].bearerTokenFile: the file cannot be read (line 10, column 22)',
  );
  const usable = [{ ...record, caFile: authority.caFile, bearerTokenFile: file('token', 'a-token') }];
  expect(parse(usable)).toEqual(usable);
});

test('is what a service fetches by, as TRUSTED_ISSUERS_FILE says', async () => {
  const issuer = 'https://kubernetes.default.svc';
  const record = { issuer, jwksUri, caFile: authority.caFile, bearerTokenFile: file('token', 'a-token') };
  const trustedIssuers = composeTrustedIssuers(
    {
      ISSUER_JWK_STORE: ['json'],
      ISSUER_JWK_OPENID_URL: [],
      ISSUER_JWK_OPENID_TRUST: 'listed',
      TOKEN_TYP: 'at+jwt',
      TRUSTED_ISSUERS_FILE: file('issuers.json', JSON.stringify([record])),
      RELOAD_INTERVAL_SECONDS: 1,
      UPSTREAM_TIMEOUT_MS: 5000,
      UPSTREAM_MAX_SOCKETS: 4,
      OUTBOUND_PRIVATE_HOSTS: [],
      OUTBOUND_PROXY: 'off',
      NO_PROXY: [],
    },
    {
      http,
      clock: () => 1,
      metrics: createMetrics({ defaults: false }),
      logger: createLogger({ level: 'silent', service: 'test' }),
      output: { write: () => undefined },
    },
    'https://own.example',
  );
  expect(await trustedIssuers.issuers.keysFor(issuer)?.candidates({ alg: 'ES256' })).toEqual([]);
  trustedIssuers.close?.();
});
