import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { type HttpRequest, type HttpResponse, UpstreamError } from '@mandate/ports';
import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios';
import { OUTBOUND_DEFAULTS, type HttpClientOptions } from './http-client-options.js';
import type { Connections, KeptConnections } from './kept-connections.js';
import { upstreamFailure } from './upstream-failure.js';
import { checkLearnedUrl } from './url-guard.js';

export interface SenderOptions {
  kept: KeptConnections;
  /** Of which each exchange has one of its own. */
  fresh: Connections;
  options: HttpClientOptions;
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

/** Sends by axios. An AxiosError carries headers and bodies and never leaves this file. @throws UpstreamError */
export function createSender({ kept, fresh, options }: SenderOptions): (request: HttpRequest) => Promise<HttpResponse> {
  const sender: Sender = {
    kept,
    plain: createAxios({ httpAgent: kept.http, httpsAgent: kept.https }),
    guarded: createAxios({ httpAgent: kept.http, httpsAgent: kept.guarded }),
    freshPlain: createAxios({ httpAgent: fresh.http, httpsAgent: fresh.https }),
    freshGuarded: createAxios({ httpAgent: fresh.http, httpsAgent: fresh.guarded }),
    options,
  };
  return async (request) => {
    const dependency = URL.canParse(request.url) ? new URL(request.url).host : 'invalid URL';
    try {
      return readResponse(dependency, await exchange(sender, request));
    } catch (error) {
      if (error instanceof UpstreamError) throw error;
      const { failure, detail } = upstreamFailure(error);
      throw new UpstreamError(dependency, failure, detail);
    }
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

function isPublicOnly(request: HttpRequest, { privateHosts = [] }: HttpClientOptions): boolean {
  return request.learned === true && checkLearnedUrl(request.url, privateHosts) === 'public-only';
}

function requestConfig(request: HttpRequest, options: HttpClientOptions): AxiosRequestConfig {
  const timeout = request.timeoutMs ?? options.timeoutMs ?? OUTBOUND_DEFAULTS.timeoutMs;
  const deadline = AbortSignal.timeout(timeout);
  return {
    method: request.method,
    ...addressOf(request.url),
    timeout,
    signal: request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]),
    maxContentLength: request.maxResponseBytes ?? 1_048_576,
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
