import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { type Server as TlsServer, createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { type HttpClientOptions, createHttpClient, outboundOptions } from '@mandate/service-kit';
import { createTestAuthority, opensslProgram, startRealPart, testDirectory, until } from '@mandate/testing';
import { isException } from '../src/outbound/proxy-tunnel.js';

const openssl = await startRealPart(opensslProgram, process.env);
const describeTls = openssl === undefined ? describe.skip : describe;
const directory = testDirectory();
/** What the proxy was asked for, and by whom. */
const tunnelRequests: [string | undefined, string | undefined][] = [];
let proxyAnswers: 'tunnel' | 'refuse' | 'hang' = 'tunnel';
let proxy: Server;
let target: TlsServer;
let ca = '';

const portOf = (server: Server | TlsServer): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  const authority = await createTestAuthority(directory, 'proxy-authority');
  const { certificateFile, keyFile } = await authority.issue('api', 'api.example');
  ca = readFileSync(authority.caFile, 'utf8');
  target = createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) }, (request, response) =>
    response.end(request.headers.host),
  );
  proxy = createServer();
  proxy.on('connect', ({ url, headers }, client) => {
    tunnelRequests.push([url, headers['proxy-authorization']]);
    if (proxyAnswers === 'hang') return;
    if (proxyAnswers === 'refuse') return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const server = connect(portOf(target), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    for (const socket of [server, client]) socket.on('error', () => undefined);
  });
  for (const server of [proxy, target]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
});
afterAll(() => {
  for (const server of [proxy, target]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  tunnelRequests.length = 0;
  proxyAnswers = 'tunnel';
});

const settings = (variables: object = {}) => ({
  UPSTREAM_TIMEOUT_MS: 5000,
  UPSTREAM_MAX_SOCKETS: 4,
  OUTBOUND_PRIVATE_HOSTS: [],
  OUTBOUND_PROXY: 'environment' as const,
  HTTPS_PROXY: `http://user:p%40ss@127.0.0.1:${portOf(proxy)}`,
  NO_PROXY: [],
  ...variables,
});

async function outcomeOf(options: HttpClientOptions, request: { url?: string; learned?: boolean } = {}) {
  const client = createHttpClient({ ...options, ca });
  try {
    const send = () => client.send({ method: 'GET', url: 'https://api.example/keys', ...request });
    const [first] = await Promise.all([send(), send()]);
    return first.body;
  } catch (error) {
    if (error instanceof UpstreamError) return `${error.failure} ${error.detail}`;
    throw error;
  } finally {
    client.close();
  }
}

describeTls('OUTBOUND_PROXY=environment', () => {
  it('sends https calls through the tunnel of HTTPS_PROXY, with its credentials, and checks the certificate itself', async () => {
    expect(await outcomeOf(outboundOptions(settings()))).toBe('api.example');
    const account = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(tunnelRequests).toEqual([
      ['api.example:443', account],
      ['api.example:443', account],
    ]);
    const otherHost = await outcomeOf(outboundOptions(settings()), { url: 'https://other.example/' });
    expect(otherHost).toBe('unreachable ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('resolves and judges a learned name here, and has the tunnel lead to the address it judged', async () => {
    const resolve = (address: string) => () => Promise.resolve([{ address, family: 4 }]);
    const through = (address: string) =>
      outcomeOf({ ...outboundOptions(settings()), resolve: resolve(address) }, { learned: true });
    expect(await through('203.0.113.7')).toBe('refused a learned host has a private address');
    expect(tunnelRequests).toEqual([]);
    expect(await through('8.8.8.8')).toBe('api.example');
    expect(tunnelRequests.map(([authority]) => authority)).toEqual(['8.8.8.8:443', '8.8.8.8:443']);
  });

  it('is a failure of the call where the proxy refuses or hangs', async () => {
    proxyAnswers = 'refuse';
    expect(await outcomeOf(outboundOptions(settings()))).toBe('unreachable PROXY_407');
    const requestsBefore = tunnelRequests.length;
    proxyAnswers = 'hang';
    expect(await outcomeOf(outboundOptions(settings({ UPSTREAM_TIMEOUT_MS: 200 })))).toMatch(/^timeout/);
    // so that what was given up here does not arrive in a later test
    await until(() => tunnelRequests.length > requestsBefore);
  });

  it('goes directly where it is off, and to what NO_PROXY lists', async () => {
    for (const variables of [{ OUTBOUND_PROXY: 'off' as const }, { NO_PROXY: ['api.example'] }]) {
      expect(await outcomeOf(outboundOptions(settings(variables)))).toMatch(/^unreachable|^timeout/);
    }
    expect(tunnelRequests).toEqual([]);
  });

  it.each([undefined, 'proxy:3128', 'socks5://proxy:1080'])('stops the start for HTTPS_PROXY=%s', (url) => {
    expect(() => outboundOptions(settings({ HTTPS_PROXY: url }))).toThrow(/^HTTPS_PROXY: must be/);
  });
});

describeTls('NO_PROXY', () => {
  it.each([
    [['*'], 'a.example', true],
    [['example.com'], 'example.com', true],
    [['example.com'], 'a.EXAMPLE.com', true],
    [['.example.com'], 'a.example.com', true],
    [['*.example.com'], 'a.example.com', true],
    [['example.com'], 'badexample.com', false],
    [['example.com:443'], 'example.com', true],
    [['example.com:8443'], 'example.com', false],
    [['10.0.0.0/8'], '10.1.2.3', true],
    [['10.0.0.0/8'], '11.1.2.3', false],
    [['fd00::/8'], 'fd00::1', true],
    [['10.1.2.3'], '10.1.2.3', true],
    [['svc'], 'a.ns.svc', true],
    [[], 'localhost', true],
    [[], '127.0.0.1', true],
    [[], 'a.example', false],
  ])('%j and %s: directly is %s', (exceptions, host, expected) => {
    expect(isException(exceptions, host, 443)).toBe(expected);
  });
});
