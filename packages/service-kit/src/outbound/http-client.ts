import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { type HttpClient, type HttpRequest, type HttpResponse, UpstreamError } from '@mandate/ports';
import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios';
import { type KeptConnections, createConnections, keepConnections } from './kept-connections.js';
import type { OutboundProxy } from './proxy-tunnel.js';
import { createSharedLookup } from './shared-lookup.js';
import { type AddressResolver, checkLearnedUrl, guardedLookup, resolveAddresses } from './url-guard.js';
import { upstreamFailure } from './upstream-failure.js';

export interface HttpClientOptions {
  /** Deadline of a whole exchange in milliseconds, unless the request brings its own. Default 1000. */
  timeoutMs?: number;
  /** Open connections per host. Default 64. */
  maxSockets?: number;
  /** How long a connection is kept idle, in milliseconds. Default 4000. */
  idleMs?: number;
  /** Largest body read in bytes, unless the request brings its own. Default 1 MiB. */
  maxResponseBytes?: number;
  /** Hosts a learned URL may name although they are private or plain http (`OUTBOUND_PRIVATE_HOSTS`). */
  privateHosts?: readonly string[];
  /** Origins an operator wrote in configuration: a learned URL there is as good as a configured one. */
  allowOrigins?: readonly string[];
  /** Resolves names for learned URLs; default: the system's resolver. */
  resolve?: AddressResolver;
  /** What https calls go through, instead of directly. */
  proxy?: OutboundProxy;
  /** Extra certificate authorities, PEM. */
  ca?: string;
}

interface Sender {
  kept: KeptConnections;
  /** By {@link Sender.kept}. */
  plain: AxiosInstance;
  guarded: AxiosInstance;
  /** With a connection of their own for each exchange. */
  freshPlain: AxiosInstance;
  freshGuarded: AxiosInstance;
  options: HttpClientOptions;
}

/** Shorter than what common servers and balancers keep an idle connection: five seconds and more. */
const IDLE_MS = 4000;

/**
 * The outbound client: keep-alive, no redirects, no proxy but the one given, no decompression, bounded in size and time. A request that
 * may be repeated is sent once more on a fresh connection when the kept one brought nothing: balancers drop idle ones.
 * Rejects with `UpstreamError` only: an AxiosError carries headers and bodies and never leaves this file.
 *
 * @example
 * const http = createHttpClient({ timeoutMs: 1000 });
 * const { status, body } = await http.send({ method: 'GET', url: 'https://issuer.example/jwks' });
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient & { close(): void } {
  const { maxSockets = 64, idleMs = IDLE_MS, ca } = options;
  const how = {
    maxSockets,
    ca,
    proxy: options.proxy,
    lookup: createSharedLookup(),
    guardedLookup: guardedLookup(options.resolve ?? resolveAddresses),
  };
  const kept = keepConnections({ ...how, idleMs });
  const fresh = createConnections(how);
  const sender: Sender = {
    kept,
    plain: createAxios({ httpAgent: kept.http, httpsAgent: kept.https }),
    guarded: createAxios({ httpAgent: kept.http, httpsAgent: kept.guarded }),
    freshPlain: createAxios({ httpAgent: fresh.http, httpsAgent: fresh.https }),
    freshGuarded: createAxios({ httpAgent: fresh.http, httpsAgent: fresh.guarded }),
    options,
  };
  return {
    send: (request) => send(sender, request),
    close() {
      kept.close();
      fresh.close();
    },
  };
}

function createAxios(agents: { httpAgent: HttpAgent; httpsAgent: HttpsAgent }): AxiosInstance {
  return axios.create({
    ...agents,
    adapter: 'http',
    maxRedirects: 0,
    proxy: false,
    decompress: false,
    responseType: 'arraybuffer',
    validateStatus: () => true,
    transformRequest: [(body: unknown) => body],
    headers: { common: { Accept: 'application/json', 'Accept-Encoding': 'identity', 'User-Agent': 'mandate' } },
  });
}

async function send(sender: Sender, request: HttpRequest): Promise<HttpResponse> {
  const dependency = URL.canParse(request.url) ? new URL(request.url).host : 'invalid URL';
  try {
    return readResponse(dependency, await exchange(sender, request));
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
    const { failure, detail } = upstreamFailure(error);
    throw new UpstreamError(dependency, failure, detail);
  }
}

/** Both attempts within one deadline. */
async function exchange(sender: Sender, request: HttpRequest): Promise<AxiosResponse<Buffer>> {
  const publicOnly = isPublicOnly(request, sender.options);
  const config = requestConfig(request, sender.options);
  try {
    return await (publicOnly ? sender.guarded : sender.plain).request<Buffer>(config);
  } catch (error) {
    const repeatable = request.repeatable ?? request.method === 'GET';
    if (!repeatable || !isOfGoneConnection(error, sender.kept)) throw error;
    return (publicOnly ? sender.freshGuarded : sender.freshPlain).request<Buffer>(config);
  }
}

function isOfGoneConnection(error: unknown, kept: KeptConnections): boolean {
  return upstreamFailure(error).failure === 'unreachable' && isAxiosError(error) && kept.wasGone(error.request);
}

function isPublicOnly(request: HttpRequest, { privateHosts = [], allowOrigins = [] }: HttpClientOptions): boolean {
  return request.learned === true && checkLearnedUrl(request.url, { privateHosts, allowOrigins }) === 'public-only';
}

function requestConfig(request: HttpRequest, options: HttpClientOptions): AxiosRequestConfig {
  const timeout = request.timeoutMs ?? options.timeoutMs ?? 1000;
  const deadline = AbortSignal.timeout(timeout);
  return {
    method: request.method,
    ...addressOf(request.url),
    timeout,
    signal: request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]),
    maxContentLength: request.maxResponseBytes ?? options.maxResponseBytes ?? 1_048_576,
    ...(request.headers && { headers: request.headers }),
    ...(request.body !== undefined && { data: request.body }),
  };
}

/** `http+unix://%2Frun%2Fopa.sock/path`: HTTP over the Unix socket that the host names, percent-encoded. */
function addressOf(url: string): { url: string; socketPath?: string } {
  if (!url.startsWith('http+unix://')) return { url };
  const { hostname, pathname, search } = new URL(url);
  return { url: `http://localhost${pathname}${search}`, socketPath: decodeURIComponent(hostname) };
}

function readResponse(dependency: string, { status, headers, data }: AxiosResponse<Buffer>): HttpResponse {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) plain[name.toLowerCase()] = String(value);
  const encoding = plain['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new UpstreamError(dependency, 'malformed', 'the answer has a content encoding');
  }
  try {
    return { status, headers: plain, body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    throw new UpstreamError(dependency, 'malformed', 'the answer is not UTF-8');
  }
}
