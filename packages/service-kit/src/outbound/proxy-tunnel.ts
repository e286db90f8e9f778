import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { request as httpRequest } from '../http/node-http.js';

/** A proxy that https calls go through, and which do not. */
export interface OutboundProxy {
  /** `http:` or `https:`; credentials in it are sent to the proxy alone. */
  url: URL;
  /** Hosts that are reached without it, as `NO_PROXY` lists them. */
  exceptions: readonly string[];
  /** How long the proxy may take to reach a host. */
  timeoutMs: number;
}

/**
 * Makes an agent reach its hosts through the proxy's tunnel (RFC 9110 section 9.3.6): TLS ends here and not there. With
 * `vet`, names are resolved and judged here first, and the tunnel leads to the address that was judged.
 */
export function tunnelThrough(agent: HttpsAgent, proxy: OutboundProxy, vet?: LookupFunction): void {
  const direct = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const host = String(options.host).replace(/^\[|\]$/g, '');
    const port = Number(options.port ?? 443);
    if (isException(proxy.exceptions, host, port)) return direct(options, callback);
    addressOf(host, vet)
      .then((address) => openTunnel(proxy, `${isIP(address) === 6 ? `[${address}]` : address}:${port}`))
      .then(
        (socket) => callback?.(null, connectTls({ ...options, path: '', host, port, socket })),
        (error: unknown) => callback?.(error instanceof Error ? error : new Error('no tunnel'), undefined as never),
      );
    return undefined;
  };
}

function addressOf(host: string, vet: LookupFunction | undefined): Promise<string> {
  if (vet === undefined || isIP(host) !== 0) return Promise.resolve(host);
  return new Promise((resolve, reject) => {
    vet(host, { all: false }, (error, address) => {
      if (error === null && typeof address === 'string') resolve(address);
      else reject(error ?? new Error('no one address'));
    });
  });
}

async function openTunnel({ url, timeoutMs }: OutboundProxy, authority: string): Promise<Socket> {
  const { promise, resolve, reject } = withResolvers<Socket>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const asking = send({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(url) },
    agent: false,
  });
  asking.once('connect', ({ statusCode }, socket) => {
    if (statusCode === 200) {
      resolve(socket);
      return;
    }
    socket.destroy();
    reject(Object.assign(new Error('the proxy refuses'), { code: `PROXY_${statusCode}` }));
  });
  asking.once('error', reject).end();
  const timer = setTimeout(() => asking.destroy(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), timeoutMs);
  return promise.finally(() => clearTimeout(timer));
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(account).toString('base64')}` };
}

const LOOPBACK = /^(localhost|127\..*|::1)$/;

/** `*`, a host, a domain with or without its dot, an address or a range, each with or without a port; and this machine. */
export function isException(exceptions: readonly string[], host: string, port: number): boolean {
  if (LOOPBACK.test(host)) return true;
  return exceptions.some((entry) => {
    const [, name = entry, only] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
    if (only !== undefined && Number(only) !== port) return false;
    return name === '*' || matches(name.replace(/^\[|\]$/g, '').toLowerCase(), host.toLowerCase());
  });
}

function matches(name: string, host: string): boolean {
  if (isIP(host) === 0) return host === name.replace(/^\*?\./, '') || host.endsWith(`.${name.replace(/^\*?\./, '')}`);
  const [network = '', prefix] = name.split('/');
  if (prefix === undefined || isIP(network) === 0 || isIP(network) !== isIP(host)) return host === name;
  const family = isIP(host) === 4 ? 'ipv4' : 'ipv6';
  const ranges = new BlockList();
  ranges.addSubnet(network, Number(prefix), family);
  return ranges.check(host, family);
}
